"""Which landed files count: faults, order, bytes seen twice, files without rows, registers gone back."""

import itertools

import pytest

from pipelines.arrivals import grown, names_of, place_of
from pipelines.collect import collect_unit, restage
from pipelines.counting import sharing
from pipelines.landing import LandedFault, LandedFile, Manifest, read_manifest
from pipelines.seen import seen_before
from pipelines.slices import broken_files, slice_state
from tests.factories.sites import NIGHT, ROW, csv_text, hand_in, json_text, make_site, source, unit

BEFORE, AFTER, LATER = "2017-12-19", "2017-12-21", "2017-12-22"
HALLS = {"place": "{night}/{unit}/quay*.csv"}


def rows(*codes):
    return csv_text([[code, *ROW[1:]] for code in codes])


def a_file(place, sha256, source_id="a", **changes):
    values = {"source_id": source_id, "file_name": place, "sha256": sha256, "size": 1, "stored": "s", "place": place}
    return LandedFile(**values | changes)


def a_fault(place, source_id="a"):
    return LandedFault(source_id=source_id, file_name=place, text="E-X: x", status="FAILED", place=place)


def test_whatever_order_files_come_in_the_list_is_the_same():
    came = [a_file("n/b.csv", "1"), a_file("n/a.csv", "2"), a_file("n/c.csv", "3", "b"), a_file("m/a.csv", "4")]
    lists = set()
    for order in itertools.permutations(came):
        manifest = Manifest()
        for file in order:
            manifest = grown(manifest, Manifest(files=(file,)), ["b", "a"])
        lists.add(manifest)
    [only] = lists
    assert [(file.source_id, file.file_name) for file in only.files] == [
        ("b", "c.csv"), ("a", "m/a.csv"), ("a", "n/a.csv"), ("a", "b.csv"),
    ]  # fmt: skip


def test_a_fault_goes_when_the_file_comes_whole_and_stays_when_it_is_tidied_away():
    one = grown(Manifest(), Manifest(faults=(a_fault("n/a.csv"), a_fault("n/b.csv"))), ["a"])
    two = grown(one, Manifest(files=(a_file("n/a.csv", "1"),)), ["a"])
    assert ([file.place for file in two.files], [fault.place for fault in two.faults]) == (["n/a.csv"], ["n/b.csv"])
    three = grown(two, Manifest(faults=(a_fault("n/a.csv"),)), ["a"])
    assert [file.replaced_by for file in three.files] == [""], (
        "until something whole comes, the last whole one counts"
    )
    assert [fault.place for fault in three.faults] == ["n/a.csv", "n/b.csv"]


def test_names_are_told_apart_and_no_two_places_are_one():
    bad = [place_of(b"n/h\xe1.csv"), place_of(b"n/h\xe0.csv")]
    assert len(set(bad)) == 2
    names = names_of([*bad, "n/a.csv", "m/a.csv", "n/b.csv"])
    assert len(set(names.values())) == 5
    assert (names["n/a.csv"], names["n/b.csv"]) == ("n/a.csv", "b.csv")
    assert all(name.startswith("n/h") for name in (names[place] for place in bad))


def test_a_file_of_headings_alone_repeats_every_day_without_a_word(tmp_path):
    settings = make_site(tmp_path, [unit(sources=[source(**HALLS)])])
    for night in (BEFORE, NIGHT, AFTER):
        for name in ("quay_1.csv", "quay_2.csv"):
            hand_in(settings, name, csv_text([]), night=night)
        outcome = collect_unit(settings, night, "X1")
        assert (outcome.status, outcome.rows_in, outcome.message) == ("COLLECTED", 0, "")
        assert outcome.files == ("quay_1.csv", "quay_2.csv")


def test_the_same_bytes_under_two_names_count_once(tmp_path):
    settings = make_site(tmp_path, [unit(sources=[source(**HALLS, control={"place": "{night}/{unit}/*.dem"})])])
    hand_in(settings, "quay.csv", rows("HS-1", "HS-2"))
    hand_in(settings, "quay (1).csv", rows("HS-1", "HS-2"))
    for name in ("a.dem", "b.dem"):  # two counters that count alike
        hand_in(settings, name, json_text({"dossier_count": 2}))
    outcome = collect_unit(settings, NIGHT, "X1")
    assert (outcome.rows_in, outcome.control_total) == (2, 4)
    told = "Tệp [quay.csv] trùng từng byte với tệp [quay (1).csv] cùng đêm, chỉ tính một lần."
    assert outcome.message.count(told) == 1


def test_two_sources_may_read_one_file(tmp_path):
    steps = source(id="buoc", table="step", columns={"dossier_code": "Mã hồ sơ", "arrived_at": "Ngày tiếp nhận"})
    settings = make_site(tmp_path, [unit(sources=[source(), steps])])
    hand_in(settings, "ho_so.csv", rows("HS-1"))
    assert collect_unit(settings, NIGHT, "X1").rows_in == 2


def test_a_file_that_could_not_be_read_counts_when_it_comes_again_and_can_be(tmp_path):
    settings = make_site(tmp_path, [unit(sources=[source(delimiter=";")])])
    hand_in(settings, "ho_so.csv", rows("HS-1"), night=BEFORE)
    assert collect_unit(settings, BEFORE, "X1").status == "FAILED"
    settings = make_site(tmp_path)  # the unit's YAML is mended, the old night is not run again
    hand_in(settings, "ho_so.csv", rows("HS-1"))
    outcome = collect_unit(settings, NIGHT, "X1")
    assert (outcome.rows_in, outcome.message) == (1, "")


@pytest.mark.parametrize("between", [csv_text([]), ""])
def test_an_empty_register_between_makes_no_old_one(tmp_path, between):
    settings = make_site(tmp_path, [unit(sources=[source(extract="full")])])
    statuses = []
    for night, text in zip(
        (BEFORE, NIGHT, AFTER, LATER), (rows("HS-1"), between, rows("HS-1"), between), strict=True
    ):
        hand_in(settings, "ho_so.csv", text, night=night)
        statuses.append(collect_unit(settings, night, "X1").status)
    assert statuses == ["COLLECTED", "EMPTY", "UNCHANGED", "EMPTY"]


def test_a_register_of_which_a_file_failed_makes_no_old_one(tmp_path):
    settings = make_site(tmp_path, [unit(sources=[source(**HALLS, extract="full")])])
    for night in (BEFORE, NIGHT, AFTER):
        hand_in(settings, "quay_1.csv", rows("HS-1"), night=night)
        path = hand_in(settings, "quay_2.csv", rows("HS-2"), night=night)
        if night == NIGHT:
            path.unlink()
            path.symlink_to(tmp_path / "outside.csv")
            (tmp_path / "outside.csv").write_text(rows("HS-9"))
        outcome = collect_unit(settings, night, "X1")
        assert (outcome.status, outcome.rows_in) == (("FAILED", 1) if night == NIGHT else ("COLLECTED", 2))


def test_an_earlier_night_run_later_changes_what_a_later_night_is(tmp_path):
    settings = make_site(tmp_path)
    hand_in(settings, "ho_so.csv", rows("HS-1"))
    first = collect_unit(settings, NIGHT, "X1")
    assert first.message == ""
    hand_in(settings, "ho_so.csv", rows("HS-1"), night=BEFORE)
    collect_unit(settings, BEFORE, "X1")
    again = restage(settings, NIGHT, "X1")
    assert again.fingerprint != first.fingerprint
    assert (again.rows_in, again.message) == (
        0,
        "Tệp [ho_so.csv] đã nhận ngày 19/12/2017 (tệp [ho_so.csv]), không tính lại.",
    )
    assert restage(settings, NIGHT, "X1") == again


def test_what_is_remembered_of_all_nights_is_made_again_when_it_is_gone_or_wrong(tmp_path):
    settings = make_site(tmp_path)
    hand_in(settings, "ho_so.csv", rows("HS-1"), night=BEFORE)
    collect_unit(settings, BEFORE, "X1")
    path = settings.var / "seen" / "X1.json"
    found = seen_before(settings, "X1", NIGHT)
    assert [(one.night, [file.file_name for file in one.files]) for one in found] == [(BEFORE, ["ho_so.csv"])]
    for damage in (b"", b"{}", b'{"version": 0, "nights": {}}'):
        path.write_bytes(damage)
        assert seen_before(settings, "X1", NIGHT) == found
    assert seen_before(settings, "X1", BEFORE) == [], "a night is not before itself"
    hand_in(settings, "ho_so.csv", rows("HS-2"), night=BEFORE)
    collect_unit(settings, BEFORE, "X1")
    [one] = seen_before(settings, "X1", NIGHT)
    assert sorted(file.is_replaced for file in one.files) == [False, True]


def test_a_manifest_lost_twice_still_knows_which_bytes_came_last(tmp_path):
    settings = make_site(tmp_path)
    for code in ("HS-1", "HS-2"):
        hand_in(settings, "ho_so.csv", rows(code))
        outcome = collect_unit(settings, NIGHT, "X1")
    manifest = read_manifest(settings, NIGHT, "X1")
    for path in (settings.var / "landing" / "raw" / NIGHT / "X1").glob("*.json"):
        path.unlink()
    again = read_manifest(settings, NIGHT, "X1")
    assert set(again.files) == set(manifest.files)
    assert restage(settings, NIGHT, "X1") == outcome


def test_replaced_bytes_that_are_lost_alter_no_figure_and_are_told_by_a_rebuild(tmp_path):
    settings = make_site(tmp_path)
    for code in ("HS-1", "HS-2"):
        hand_in(settings, "ho_so.csv", rows(code))
        outcome = collect_unit(settings, NIGHT, "X1")
    [older] = [file for file in read_manifest(settings, NIGHT, "X1").files if file.replaced_by]
    (settings.var / "landing" / "raw" / NIGHT / "X1" / older.stored).unlink()
    assert slice_state(settings, NIGHT, "X1").broken == ()
    assert restage(settings, NIGHT, "X1") == outcome
    assert broken_files(settings, NIGHT, "X1") == ("ho_so.csv",)


def test_who_landed_the_bytes_of_another(tmp_path):
    settings = make_site(tmp_path, [unit(code) for code in ("X1", "X2", "X3", "X4")])
    for code, text in (("X1", rows("HS-1")), ("X2", rows("HS-2")), ("X3", rows("HS-1"))):
        hand_in(settings, "ho_so.csv", text, unit_code=code)
        collect_unit(settings, NIGHT, code)
    assert sharing(settings, NIGHT, ["X1", "X2", "X3", "X4"]) == ["X1", "X3"]


def test_a_place_without_a_night_is_the_newest_nights(tmp_path):
    settings = make_site(tmp_path, [unit(sources=[source(extract="full", place="{unit}.csv")])])
    path = settings.inbox / "X1.csv"
    path.parent.mkdir(exist_ok=True)
    nights = [BEFORE, NIGHT, AFTER]
    for night, code in zip(nights, ("HS-1", "HS-2", "HS-3"), strict=True):
        path.write_text(rows(code))
        collect_unit(settings, night, "X1")
    again = [collect_unit(settings, night, "X1") for night in nights]
    assert [(outcome.status, outcome.message) for outcome in again] == [("COLLECTED", "")] * 3
    assert [len(read_manifest(settings, night, "X1").files) for night in nights] == [1, 1, 1]
    path.write_text(rows("HS-4"))
    assert "nộp lại trong đêm" in collect_unit(settings, AFTER, "X1").message
