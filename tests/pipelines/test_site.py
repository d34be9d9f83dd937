"""A site's YAML is understood whole or refused with file, key and the nearest allowed key."""

from datetime import date
from pathlib import Path

import pytest

from domain.errors import KnownError
from pipelines.site import load_site
from pipelines.strict import read_yaml
from tests.factories.sites import make_site, source, unit, write_site

REPO = Path(__file__).resolve().parents[2]


def refused(folder: Path) -> KnownError:
    with pytest.raises(KnownError) as caught:
        load_site(folder)
    return caught.value


def test_a_minimal_site_is_read_with_defaults(tmp_path):
    site = load_site(write_site(tmp_path))
    assert [one.code for one in site.units] == ["X1"]
    assert (site.timezone, site.minimum_group, site.targets.late_share) == ("Asia/Ho_Chi_Minh", 5, 0.1)
    assert site.units[0].sources[0].extract == "changes"


@pytest.mark.parametrize("folder", sorted(path.parent for path in (REPO / "sites").glob("*/site.yml")))
def test_every_shipped_site_is_read(folder):
    assert load_site(folder).units


@pytest.mark.parametrize(
    ("change", "key", "nearest"),
    [
        ({"minimum_goup": 5}, "minimum_goup", "minimum_group"),
        ({"targets": {"late_shar": 0.1}}, "late_shar", "late_share"),
        ({"mail": {"fron": "a@b.invalid"}}, "fron", "from"),
    ],
)
def test_an_unknown_key_names_file_key_and_nearest(tmp_path, change, key, nearest):
    error = refused(write_site(tmp_path, **change))
    assert error.code == "E-SITE-KEY"
    assert "site.yml" in error.message
    assert f"unknown key [{key}]" in error.message
    assert f"nearest allowed: [{nearest}]" in error.message


def test_an_unknown_key_deep_in_a_unit_says_where(tmp_path):
    error = refused(write_site(tmp_path, [unit(sources=[source(colums={})])]))
    assert "X1.yml" in error.message
    assert "key [sources.0]" in error.message
    assert "nearest allowed: [columns]" in error.message


def test_an_unknown_canonical_column_names_the_nearest(tmp_path):
    columns = source()["columns"] | {"recieved_at": "Ngày"}
    error = refused(write_site(tmp_path, [unit(sources=[source(columns=columns)])]))
    assert "unknown key [recieved_at]; nearest allowed: [received_at]" in error.message


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"columns": {"dossier_code": "A", "proc_code": "B"}}, "[received_at] must be mapped"),
        ({"place": "/etc/passwd"}, "must stay below the inbox"),
        ({"place": "../other/{unit}.csv"}, "must stay below the inbox"),
        ({"place": "{day}/x.csv"}, "may hold only {unit} and {night}"),
        ({"place": "{unit.code}/x.csv"}, "may hold only {unit} and {night}"),
        ({"encoding": "utf-9"}, "encoding [utf-9] is not known"),
        ({"time_formats": ["%d/%m/%y"]}, "two-digit year"),
        ({"time_formats": ["%H:%M"]}, "has no year"),
        ({"delimiter": ";;"}, "at most 1 character"),
        ({"table": "dossiers"}, "Input should be 'dossier'"),
        ({"derive_status": {"closed_by": "returned_at"}}, "[returned_at] is not mapped"),
        ({"constants": {"proc_code": "1"}}, "both mapped in columns and given in constants"),
    ],
)
def test_a_source_that_cannot_work_is_refused(tmp_path, change, text):
    error = refused(write_site(tmp_path, [unit(sources=[source(**change)])]))
    assert text in error.message


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"timezone": "Asia/Hanoi"}, "timezone [Asia/Hanoi] is not known"),
        ({"counter_unit": "X9"}, "unit [X9] is not in the site"),
        ({"rules": {"off": [{"id": "DQ-ID-02"}]}}, "key [rules.off.0.reason]: is missing"),
        ({"catalogue": {"format": "folder"}}, "needs a place"),
        ({"office_hours": [["13:00", "07:00"]]}, "pairs in order"),
    ],
)
def test_a_site_file_that_cannot_work_is_refused(tmp_path, change, text):
    assert text in refused(write_site(tmp_path, **change)).message


def test_a_unit_file_must_carry_the_units_code(tmp_path):
    write_site(tmp_path)
    (tmp_path / "units" / "X1.yml").rename(tmp_path / "units" / "X2.yml")
    assert refused(tmp_path).code == "E-SITE-UNIT"


def test_a_missing_file_and_broken_yaml_are_known_errors(tmp_path):
    assert refused(tmp_path / "nowhere").code == "E-SITE-FILE"
    write_site(tmp_path)
    (tmp_path / "site.yml").write_text("name: [unclosed\n", encoding="utf-8")
    assert refused(tmp_path).code == "E-SITE-YAML"


def test_a_key_written_twice_is_an_error_with_its_line(tmp_path):
    path = tmp_path / "a.yml"
    path.write_text("name: một\nlevel: XA\nname: hai\n", encoding="utf-8")
    with pytest.raises(KnownError, match=r"key \[name\] is written twice \(line 3\)"):
        read_yaml(path)


def test_yaml_guesses_nothing(tmp_path):
    path = tmp_path / "a.yml"
    path.write_text("a: 01\nb: 7:30\nc: no\nd: 2017-01-01\ne: 12\nf: true\ng: 1e3\nh: null\n", encoding="utf-8")
    assert read_yaml(path) == {
        "a": "01", "b": "7:30", "c": "no", "d": "2017-01-01", "e": 12, "f": True, "g": "1e3", "h": None,
    }  # fmt: skip


def test_codes_without_quotes_are_texts_of_the_file(tmp_path):
    site = load_site(write_site(tmp_path, [unit(sources=[source(codes={"status": {1: 2, "xong": 9}})])]))
    assert site.units[0].sources[0].codes == {"status": {"1": 2, "xong": 9}}


def test_visible_headings_leave_out_everything_personal(tmp_path):
    columns = source()["columns"] | {"owner_name": "Họ tên", "refusal_reason": "Họ tên"}
    site = load_site(write_site(tmp_path, [unit(sources=[source(columns=columns, ignore=["Ghi chú"])])]))
    shown = site.units[0].visible_headings()
    assert "Mã hồ sơ" in shown
    assert not {"Họ tên", "Ghi chú"} & shown


def test_given_columns_are_what_the_sources_map_derive_or_fix(tmp_path):
    columns = {"dossier_code": "A", "received_at": "B", "finished_at": "C", "owner_name": "D", "step.task": "E"}
    event = source(
        table="event", columns=columns, constants={"proc_code": "1"}, derive_status={"closed_by": "finished_at"}
    )
    given = load_site(write_site(tmp_path, [unit(sources=[event])])).units[0].given_columns()
    assert given["dossier"] == {"dossier_code", "received_at", "finished_at", "owner_hash", "proc_code", "status"}
    assert given["step"] == {"dossier_code", "step_no", "task"}


def test_a_unit_is_valid_between_its_ends(tmp_path):
    one = load_site(write_site(tmp_path, [unit(valid_from="2016-01-01", valid_to="2016-12-31")])).units[0]
    days = [date(2015, 12, 31), date(2016, 1, 1), date(2016, 12, 31), date(2017, 1, 1)]
    assert [one.is_valid_on(day) for day in days] == [False, True, True, False]


def test_the_rate_in_force_is_the_latest_before_the_day(tmp_path):
    rates = [
        {"value_vnd": 30000, "from": "2018-01-01", "source": "b"},
        {"value_vnd": 25000, "from": "2017-01-01", "source": "a"},
    ]
    site = load_site(write_site(tmp_path, hourly_rate=rates))
    assert site.hourly_rate_on(date(2016, 12, 31)) is None
    assert site.hourly_rate_on(date(2017, 12, 31)).value_vnd == 25000
    assert site.hourly_rate_on(date(2018, 1, 1)).value_vnd == 30000


def test_the_calendar_is_the_sites_or_the_national_one(tmp_path):
    site = load_site(write_site(tmp_path))
    assert not site.work_calendar().is_working(date(2018, 2, 16))  # Tết, from the national calendar
    rows = "date,kind,name_vi,source,confirmed\n2018-03-07,OFF,Nghỉ,thử,true\n"
    (tmp_path / "calendar.csv").write_text(rows, encoding="utf-8")
    assert not site.work_calendar().is_working(date(2018, 3, 7))
    assert site.work_calendar().is_working(date(2018, 2, 16))


def test_settings_come_from_the_environment(tmp_path):
    settings = make_site(tmp_path)
    assert settings.inbox == tmp_path / "var" / "inbox"
    assert settings.warehouse_url == f"duckdb:///{tmp_path / 'var' / 'warehouse.duckdb'}"
    assert settings.smtp_url is None
    assert "a-key-only" not in repr(settings)
