"""Collecting: raw bytes are kept, a unit's own fault is an outcome, the same night twice is the same bytes."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from domain.errors import KnownError
from pipelines.collect import collect_unit, landed_nights, manifest_of, restage
from pipelines.landing import digest_of
from pipelines.stage import read_staged
from tests.factories.sites import HEADINGS, NIGHT, ROW, csv_text, hand_in, json_text, make_site, source, unit

DAY_OFF = "2017-12-23"  # a Saturday


def no_wait(_: float) -> None:
    """Do not sleep in tests."""


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def full(**changes):
    return unit(sources=[source(extract="full", **changes)])


def test_raw_bytes_are_kept_with_their_hash(tmp_path):
    settings = make_site(tmp_path)
    data = csv_text([ROW]).encode()
    hand_in(settings, "ho_so.csv", data)
    outcome = collect_unit(settings, NIGHT, "X1")
    assert (outcome.status, outcome.rows_in, outcome.files, outcome.message) == ("COLLECTED", 1, ("ho_so.csv",), "")
    [file] = manifest_of(settings, NIGHT, "X1")
    assert (file.source_id, file.size, file.sha256) == ("ho_so", len(data), hashlib.sha256(data).hexdigest())
    kept = settings.var / "landing" / "raw" / NIGHT / "X1" / file.sha256[:12] / "ho_so.csv"
    assert kept.read_bytes() == data
    assert landed_nights(settings) == [NIGHT]


def test_the_same_night_twice_gives_the_same_bytes(tmp_path):
    settings = make_site(tmp_path)
    hand_in(settings, "ho_so.csv", csv_text([ROW, ["HS-2", *ROW[1:]]]))
    first = collect_unit(settings, NIGHT, "X1")
    once = tree(settings.var / "landing")
    staged = settings.var / "landing" / "staged"
    (staged / NIGHT / "X1" / "outcome.json").unlink()  # as after a kill: everything is staged again
    assert collect_unit(settings, NIGHT, "X1") == first
    assert tree(settings.var / "landing") == once
    assert not [name for name in once if name.endswith(".tmp")]


def test_landing_alone_is_enough_when_the_inbox_is_gone(tmp_path):
    settings = make_site(tmp_path)
    path = hand_in(settings, "ho_so.csv", csv_text([ROW]))
    first = collect_unit(settings, NIGHT, "X1")
    once = tree(settings.var / "landing")
    path.unlink()
    assert collect_unit(settings, NIGHT, "X1") == first
    for file in (settings.var / "landing" / "staged" / NIGHT / "X1").iterdir():
        file.unlink()
    assert restage(settings, NIGHT, "X1") == first
    assert tree(settings.var / "landing") == once


def test_unchanged_work_is_not_done_again(tmp_path):
    settings = make_site(tmp_path)
    hand_in(settings, "ho_so.csv", csv_text([ROW]))
    collect_unit(settings, NIGHT, "X1")
    path = settings.var / "landing" / "staged" / NIGHT / "X1" / "dossier.parquet"
    before = path.stat().st_mtime_ns
    collect_unit(settings, NIGHT, "X1")
    assert path.stat().st_mtime_ns == before


def test_new_bytes_or_a_new_unit_file_change_the_fingerprint(tmp_path):
    settings = make_site(tmp_path)
    hand_in(settings, "ho_so.csv", csv_text([ROW]))
    first = collect_unit(settings, NIGHT, "X1")
    hand_in(settings, "ho_so.csv", csv_text([ROW, ["HS-2", *ROW[1:]]]))
    second = collect_unit(settings, NIGHT, "X1")
    assert second.rows_in == 2
    make_site(tmp_path, [unit(name="Tên mới")])
    third = collect_unit(settings, NIGHT, "X1")
    assert len({first.fingerprint, second.fingerprint, third.fingerprint}) == 3


@pytest.mark.parametrize(
    ("expects", "night", "status"),
    [
        ("working_days", NIGHT, "MISSING"),
        ("working_days", DAY_OFF, "EMPTY"),
        ("every_night", DAY_OFF, "MISSING"),
        ("working_days", "2050-01-03", "MISSING"),  # beyond the calendar every day is expected
    ],
)
def test_a_file_that_is_not_there(tmp_path, expects, night, status):
    settings = make_site(tmp_path, [unit(expects=expects)])
    outcome = collect_unit(settings, night, "X1")
    assert (outcome.status, outcome.rows_in, outcome.files) == (status, 0, ())
    if status == "MISSING":
        assert f"{night}/X1/ho_so.csv" in outcome.message
        assert "Cách khắc phục" in outcome.message
    else:
        assert outcome.message == "Ngày nghỉ, đơn vị không phải nộp dữ liệu."


def test_one_of_two_files_missing_keeps_the_other(tmp_path):
    steps = source(
        id="buoc", table="step", place="{night}/{unit}/buoc.csv", columns={"dossier_code": "Mã", "arrived_at": "Lúc"}
    )
    settings = make_site(tmp_path, [unit(sources=[source(), steps])])
    hand_in(settings, "ho_so.csv", csv_text([ROW]))
    outcome = collect_unit(settings, NIGHT, "X1")
    assert (outcome.status, outcome.rows_in) == ("MISSING", 1)
    assert "[buoc]" in outcome.message
    assert "[ho_so]" not in outcome.message


def test_an_optional_source_may_stay_away(tmp_path):
    steps = source(
        id="buoc",
        table="step",
        place="{night}/{unit}/buoc.csv",
        columns={"dossier_code": "Mã", "arrived_at": "Lúc"},
        optional=True,
    )
    settings = make_site(tmp_path, [unit(sources=[source(), steps])])
    hand_in(settings, "ho_so.csv", csv_text([ROW]))
    assert collect_unit(settings, NIGHT, "X1").status == "COLLECTED"


def test_zero_bytes_is_empty(tmp_path):
    settings = make_site(tmp_path)
    hand_in(settings, "ho_so.csv", b"")
    outcome = collect_unit(settings, NIGHT, "X1")
    assert (outcome.status, outcome.rows_in, outcome.files) == ("EMPTY", 0, ("ho_so.csv",))
    assert "0 byte" in outcome.message


def test_headings_without_rows_are_fine_for_changes_and_not_for_a_full_extract(tmp_path):
    settings = make_site(tmp_path / "a")
    hand_in(settings, "ho_so.csv", csv_text([]))
    assert collect_unit(settings, NIGHT, "X1").status == "COLLECTED"
    settings = make_site(tmp_path / "b", [full()])
    hand_in(settings, "ho_so.csv", csv_text([]))
    assert collect_unit(settings, NIGHT, "X1").status == "EMPTY"


def test_the_same_full_extract_again_is_unchanged_with_its_rows(tmp_path):
    settings = make_site(tmp_path, [full()])
    for night in ("2017-12-19", NIGHT, "2017-12-21"):
        hand_in(settings, "ho_so.csv", csv_text([ROW]), night=night)
    hand_in(settings, "ho_so.csv", csv_text([ROW, ["HS-2", *ROW[1:]]]), night="2017-12-22")
    nights = ["2017-12-19", NIGHT, "2017-12-21", "2017-12-22"]
    outcomes = [collect_unit(settings, night, "X1") for night in nights]
    assert [o.status for o in outcomes] == ["COLLECTED", "UNCHANGED", "UNCHANGED", "COLLECTED"]
    assert [len(read_staged(settings, night, ["X1"]).frames["dossier"]) for night in nights] == [1, 1, 1, 2]


def test_unchanged_looks_past_a_night_without_a_file(tmp_path):
    settings = make_site(tmp_path, [full()])
    hand_in(settings, "ho_so.csv", csv_text([ROW]), night="2017-12-18")
    hand_in(settings, "ho_so.csv", csv_text([ROW]), night=NIGHT)
    statuses = [collect_unit(settings, night, "X1").status for night in ("2017-12-18", "2017-12-19", NIGHT)]
    assert statuses == ["COLLECTED", "MISSING", "UNCHANGED"]


def test_the_same_changes_again_are_not_called_unchanged(tmp_path):
    settings = make_site(tmp_path)
    for night in ("2017-12-19", NIGHT):
        hand_in(settings, "ho_so.csv", csv_text([ROW]), night=night)
    assert [collect_unit(settings, n, "X1").status for n in ("2017-12-19", NIGHT)] == ["COLLECTED", "COLLECTED"]


def test_a_file_that_keeps_growing_is_a_fault_and_mends_when_it_stands_still(tmp_path, monkeypatch):
    settings = make_site(tmp_path)
    path = hand_in(settings, "ho_so.csv", csv_text([ROW]))
    waits = []

    def growing(self):
        if self == path:
            with path.open("ab") as file:
                file.write(b"HS-9,1.000001,18/12/2017,,,4\n")
        return digest_of(self)

    monkeypatch.setattr("pipelines.collect.digest_of", growing)
    outcome = collect_unit(settings, NIGHT, "X1", wait=waits.append)
    assert (outcome.status, outcome.files, outcome.rows_in) == ("FAILED", (), 0)
    assert "còn thay đổi trong khi đọc" in outcome.message
    assert "Cách khắc phục" in outcome.message
    assert len(waits) == 1
    monkeypatch.undo()
    assert collect_unit(settings, NIGHT, "X1").rows_in == 3


def test_a_file_that_grew_once_is_read_on_the_second_try(tmp_path):
    settings = make_site(tmp_path)
    path = hand_in(settings, "ho_so.csv", csv_text([ROW]))
    reads = []

    def once(self):
        if not reads:
            reads.append(1)
            path.write_bytes(path.read_bytes() + b"HS-2,1.000001,18/12/2017,,,4\n")
        return digest_of(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.collect.digest_of", once)
        outcome = collect_unit(settings, NIGHT, "X1", wait=no_wait)
    assert (outcome.status, outcome.rows_in) == ("COLLECTED", 2)


def test_bytes_swapped_behind_an_equal_size_and_time_are_noticed(tmp_path):
    settings = make_site(tmp_path)
    path = hand_in(settings, "ho_so.csv", csv_text([ROW]))
    stamp = path.stat()
    reads = []

    def swapping(self):
        if self == path:
            reads.append(1)
            data = path.read_bytes()
            path.write_bytes(data.replace(b"HS-", b"HT-") if len(reads) % 2 else data.replace(b"HT-", b"HS-"))
            os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
        return digest_of(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.collect.digest_of", swapping)
        assert collect_unit(settings, NIGHT, "X1", wait=no_wait).status == "FAILED"


def test_a_file_that_may_not_be_read_is_a_fault(tmp_path, monkeypatch):
    settings = make_site(tmp_path)
    path = hand_in(settings, "ho_so.csv", csv_text([ROW]))

    def denied(self):
        assert self == path
        yield b"HS"
        raise PermissionError(13, "denied")

    monkeypatch.setattr("pipelines.collect.blocks_of", denied)
    outcome = collect_unit(settings, NIGHT, "X1")
    assert outcome.status == "FAILED"
    assert "không đọc được" in outcome.message


def test_a_link_out_of_the_inbox_is_not_followed(tmp_path):
    settings = make_site(tmp_path)
    secret = tmp_path / "secret.csv"
    secret.write_text(csv_text([ROW]), encoding="utf-8")
    folder = settings.inbox / NIGHT / "X1"
    folder.mkdir(parents=True)
    (folder / "ho_so.csv").symlink_to(secret)
    outcome = collect_unit(settings, NIGHT, "X1")
    assert (outcome.status, outcome.rows_in) == ("FAILED", 0)
    assert "trỏ ra ngoài" in outcome.message
    assert not list((settings.var / "landing" / "raw").rglob("*.csv"))


def test_lock_files_and_half_copies_are_not_data(tmp_path):
    settings = make_site(tmp_path, [unit(sources=[source(place="{night}/{unit}/*")])])
    hand_in(settings, "ho_so.csv", csv_text([ROW]))
    for name in ("~$ho_so.xlsx", ".ho_so.csv.swp", "ho_so2.csv.part", "ho_so2.csv.tmp"):
        hand_in(settings, name, b"x")
    assert collect_unit(settings, NIGHT, "X1").files == ("ho_so.csv",)


def test_several_files_of_a_source_are_read_in_order_of_name(tmp_path):
    settings = make_site(tmp_path, [unit(sources=[source(place="{night}/{unit}/**/ho_so*.csv")])])
    hand_in(settings, "ho_so_2.csv", csv_text([["HS-2", *ROW[1:]]]))
    hand_in(settings, "ho_so_1.csv", csv_text([ROW]))
    hand_in(settings, "sua/ho_so_1.csv", csv_text([["HS-3", *ROW[1:]]]))
    outcome = collect_unit(settings, NIGHT, "X1")
    names = (f"{NIGHT}/X1/ho_so_1.csv", "ho_so_2.csv", f"{NIGHT}/X1/sua/ho_so_1.csv")
    assert outcome.files == names
    frame = read_staged(settings, NIGHT, ["X1"]).frames["dossier"]
    assert list(zip(frame["file_name"], frame["dossier_code"], strict=True)) == list(
        zip(names, ["HS-1", "HS-2", "HS-3"], strict=True)
    )


def test_two_sources_with_equal_file_names_are_told_apart(tmp_path):
    sources = [source(place="{night}/{unit}/ho_so.csv"), source(id="cu", place="{night}/{unit}/cu/ho_so.csv")]
    settings = make_site(tmp_path, [unit(sources=sources)])
    hand_in(settings, "ho_so.csv", csv_text([ROW]))
    hand_in(settings, "cu/ho_so.csv", csv_text([["HS-2", *ROW[1:]]]))
    assert collect_unit(settings, NIGHT, "X1").rows_in == 2
    raw = read_staged(settings, NIGHT, ["X1"]).raw
    assert not raw.duplicated(["file_name", "table_name", "line_no"]).any()


def test_data_gone_from_the_inbox_while_its_control_file_is_still_there(tmp_path):
    settings = make_site(tmp_path, [unit(sources=[source(control={"place": "{night}/{unit}/ho_so.dem"})])])
    path = hand_in(settings, "ho_so.csv", csv_text([ROW]))
    hand_in(settings, "ho_so.dem", json_text({"dossier_count": 1}))
    first = collect_unit(settings, NIGHT, "X1")
    path.unlink()
    assert collect_unit(settings, NIGHT, "X1") == first


def test_control_totals_are_compared(tmp_path):
    settings = make_site(tmp_path, [unit(sources=[source(control={"place": "{night}/{unit}/ho_so.dem"})])])
    hand_in(settings, "ho_so.csv", csv_text([ROW, ["HS-2"]]))
    hand_in(settings, "ho_so.dem", json_text({"dossier_count": 2}))
    outcome = collect_unit(settings, NIGHT, "X1")
    assert (outcome.control_total, outcome.message, outcome.files) == (2, "", ("ho_so.csv",))
    hand_in(settings, "ho_so.dem", json_text({"dossier_count": 5}))
    outcome = collect_unit(settings, NIGHT, "X1")
    assert (outcome.control_total, outcome.dossiers_in) == (5, 2)
    for bad in ("{", "[]", json_text({"dossier_count": "ba"}), json_text({"dossier_count": True})):
        hand_in(settings, "ho_so.dem", bad)
        outcome = collect_unit(settings, NIGHT, "X1")
        assert (outcome.status, outcome.control_total) == ("COLLECTED", None)
        assert "Không đọc được số đối chiếu" in outcome.message


def test_landed_bytes_that_were_touched_are_not_believed(tmp_path):
    settings = make_site(tmp_path)
    path = hand_in(settings, "ho_so.csv", csv_text([ROW]))
    collect_unit(settings, NIGHT, "X1")
    path.unlink()
    [file] = manifest_of(settings, NIGHT, "X1")
    (settings.var / "landing" / "raw" / NIGHT / "X1" / file.stored).write_text(
        csv_text([["HS-8", *ROW[1:]]]), encoding="utf-8"
    )
    (settings.var / "landing" / "staged" / NIGHT / "X1" / "outcome.json").unlink()
    outcome = restage(settings, NIGHT, "X1")
    assert (outcome.status, outcome.rows_in) == ("FAILED", 0)
    assert "bị mất hoặc bị sửa" in outcome.message


def test_what_breaks_a_units_collecting_is_its_outcome_and_says_nothing_of_people(tmp_path, monkeypatch, caplog):
    settings = make_site(tmp_path)
    hand_in(settings, "ho_so.csv", csv_text([ROW]))

    def broken(*_):
        raise RuntimeError("Nguyễn Văn Thử 012345678901")

    monkeypatch.setattr("pipelines.stage.gather", broken)
    outcome = collect_unit(settings, NIGHT, "X1")
    assert outcome.status == "FAILED"
    assert "RuntimeError" in outcome.message
    assert "Nguyễn" not in outcome.message + caplog.text
    [again] = read_staged(settings, NIGHT, ["X1"]).outcomes
    assert again == outcome
    monkeypatch.undo()
    assert collect_unit(settings, NIGHT, "X1").status == "COLLECTED", "it is tried anew on the next run"


def test_an_unknown_unit_is_a_known_error(tmp_path):
    with pytest.raises(KnownError) as caught:
        collect_unit(make_site(tmp_path), NIGHT, "X9")
    assert caught.value.code == "E-UNIT-UNKNOWN"


def test_reading_a_night_that_was_not_collected_is_a_known_error(tmp_path):
    with pytest.raises(KnownError) as caught:
        read_staged(make_site(tmp_path), NIGHT, ["X1"])
    assert caught.value.code == "E-NOT-STAGED"


def test_a_unit_without_sources_hands_in_nothing(tmp_path):
    settings = make_site(tmp_path, [unit(sources=[])])
    outcome = collect_unit(settings, NIGHT, "X1")
    assert (outcome.status, outcome.rows_in) == ("UNCHANGED", 0)


def test_collecting_imports_nothing_heavy():
    heavy = "('pandas', 'numpy', 'pyarrow', 'pydantic')"
    code = f"import pipelines.collect, sys; print([m for m in {heavy} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_the_outcome_file_is_what_collect_returned(tmp_path):
    settings = make_site(tmp_path)
    hand_in(settings, "ho_so.csv", csv_text([ROW], headings=HEADINGS))
    outcome = collect_unit(settings, NIGHT, "X1")
    stored = json.loads(
        (settings.var / "landing" / "staged" / NIGHT / "X1" / "outcome.json").read_text(encoding="utf-8")
    )
    assert stored["fingerprint"] == outcome.fingerprint
    assert read_staged(settings, NIGHT, ["X1"]).outcomes == [outcome]
