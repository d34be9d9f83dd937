"""A blank is not a fact: a column that is gone, what a file writes for nothing; through real nights."""

from email.parser import BytesParser
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from domain.errors import KnownError
from pipelines.collect import collect_unit
from pipelines.night_order import run_night
from pipelines.settings import Settings
from pipelines.site import load_site
from pipelines.stage import read_staged
from pipelines.unclaimed import unclaimed
from tests.factories.sites import HEADINGS, NIGHT, csv_text, hand_in, make_site, source, unit, write_site
from warehouse import Warehouse

NEXT = "2017-12-21"
DERIVED: dict[str, Any] = {"derive_status": {"closed_by": "finished_at", "closed": 9, "open": 4}}


def site(folder: Path, **changes: Any) -> Settings:
    register = source(**(DERIVED | changes))
    del register["columns"]["status"]
    register["ignore"] = ["Trạng thái"]
    listed = {"format": "none", "procedures": [{"code": "1.000001", "name": "Thủ tục thử"}]}
    return make_site(folder, [unit(sources=[register])], catalogue=listed, counter_unit="X1")


def row(code: str, end: str) -> list[str]:
    return [code, "1.000001", "11/12/2017 08:00", "14/12/2017", end, ""]


def test_the_column_a_status_is_derived_from_is_gone(tmp_path: Path) -> None:
    settings = site(tmp_path, extract="full")
    done = [row(f"HS-{n}", "13/12/2017 09:00") for n in (1, 2)]
    hand_in(settings, "ho_so.csv", csv_text(done))
    assert not run_night(settings, NIGHT).failed
    renamed = ["Ngày đóng" if heading == "Ngày kết thúc" else heading for heading in HEADINGS]
    hand_in(settings, "ho_so.csv", csv_text(done, headings=renamed), night=NEXT)
    assert not run_night(settings, NEXT).failed
    with Warehouse.open(settings.warehouse_url) as warehouse:
        assert set(warehouse.read_table("dossier_fact")["outcome"]) == {"DONE"}
        assert warehouse.read_table("slice_outcome").query(f"night == '{NEXT}'")["status"].tolist() == ["FAILED"]
    page = (settings.var / "out" / "nights" / NEXT / "chat_luong.html").read_text(encoding="utf-8")
    assert "thiếu cột bắt buộc [Ngày kết thúc]" in page
    assert "Có thể nay là cột [Ngày đóng]." in page
    assert not list((settings.var / "out").rglob("thu_xin_loi/*.docx"))


def test_what_a_file_writes_for_nothing(tmp_path: Path) -> None:
    settings = site(tmp_path, nothing=["-", "Chưa có", "00/00/0000"])
    ends = ["-", "CHƯA  CÓ", "00/00/0000", "13/12/2017 09:00", "không rõ"]
    hand_in(settings, "ho_so.csv", csv_text([row(f"HS-{n}", end) for n, end in enumerate(ends)]))
    assert collect_unit(settings, NIGHT, "X1").rows_in == 5
    frame = read_staged(settings, NIGHT, ["X1"]).frames["dossier"]
    assert frame["status"].tolist() == [4, 4, 4, 9, 9], "what is not understood is not nothing"
    assert frame["unparsed"].tolist() == ["", "", "", "", '{"finished_at": "không rõ"}']


def test_a_date_has_no_code_list(tmp_path: Path) -> None:
    with pytest.raises(KnownError, match=r"codes: \[finished_at\] is a date and has no code list; .*nothing"):
        load_site(write_site(tmp_path, [unit(sources=[source(codes={"finished_at": {"-": ""}})])]))


def test_files_nobody_takes_are_told_on_page_and_mail(tmp_path: Path) -> None:
    register = source(place="{night}/{unit}*.csv")
    listed = {"format": "none", "procedures": [{"code": "1.000001", "name": "Thủ tục thử"}]}
    contact = {"contact": {"email": "x1@xa.invalid"}}
    units = [unit("X1", sources=[register], **contact), unit("X2", sources=[register])]
    settings = make_site(tmp_path, units, catalogue=listed, counter_unit="X1")
    folder = settings.inbox / NIGHT
    folder.mkdir(parents=True)
    text = csv_text([["HS-1", "1.000001", "18/12/2017 08:00", "25/12/2017", "", "4"]])
    for name in ("X1.csv", "bo_sung_x1.csv", "X2.CSV", "khac.xlsx", "~$X1.csv"):
        (folder / name).write_text(text, encoding="utf-8")
    assert not run_night(settings, NIGHT).failed
    with Warehouse.open(settings.warehouse_url) as warehouse:
        outcomes = warehouse.read_table("slice_outcome").set_index("unit_code")
        notes = warehouse.read_table("issue_note")
    first, second = outcomes.loc["X1", "message"], outcomes.loc["X2", "message"]
    assert f"không nguồn nào nhận: [{NIGHT}/bo_sung_x1.csv], [{NIGHT}/khac.xlsx];" in first
    assert outcomes.loc["X2", "status"] == "MISSING"
    assert f"[{NIGHT}/X2.CSV]" in second
    assert notes[["unit_code", "state"]].to_numpy().tolist() == [["X1", "NEW"]]
    page = (settings.var / "out" / "nights" / NIGHT / "chat_luong.html").read_text(encoding="utf-8")
    assert "bo_sung_x1.csv" in page
    [mail] = [path for path in (settings.var / "outbox").rglob("*") if path.is_file()]
    body = BytesParser(policy=default).parsebytes(mail.read_bytes()).get_body(("plain",))
    assert body is not None
    assert "khac.xlsx" in body.get_content()
    assert unclaimed(settings, NIGHT, settings.site.unit("X2")) == (f"{NIGHT}/X2.CSV",)
    (folder / "X2.CSV").rename(folder / "X2.csv")
    (folder / "khac.xlsx").unlink()
    below = settings.inbox / NIGHT / "X2 bo sung" / "thang 12"
    below.mkdir(parents=True)
    (below / "them.csv").write_text(text, encoding="utf-8")
    assert unclaimed(settings, NIGHT, settings.site.unit("X2")) == (f"{NIGHT}/X2 bo sung/thang 12/them.csv",)
    (below / "them.csv").unlink()
    renamed = collect_unit(settings, NIGHT, "X2")
    assert (renamed.status, renamed.rows_in) == ("COLLECTED", 1)
    assert "không nguồn nào nhận" not in renamed.message, "renamed as the message asks: nothing is left to tell"
    assert "khac.xlsx" not in collect_unit(settings, NIGHT, "X1").message


def test_files_beside_the_units_folders_and_in_folders_of_nobody_are_told_once(tmp_path: Path) -> None:
    settings = make_site(tmp_path, [unit("X1"), unit("X2")])
    for place in ("X1/ho_so.csv", "X2/ho_so.csv", "X2/cu/ho_so.csv", "la.csv", "X9/ho_so.csv", "X2/.tam/a.csv"):
        path = settings.inbox / NIGHT / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(csv_text([]), encoding="utf-8")
    told = {code: unclaimed(settings, NIGHT, settings.site.unit(code)) for code in ("X1", "X2")}
    assert told == {"X1": (f"{NIGHT}/X9/ho_so.csv", f"{NIGHT}/la.csv"), "X2": (f"{NIGHT}/X2/cu/ho_so.csv",)}
