"""A site of two communes and two nights that hold one of each kind of thing that can be lost or counted twice."""

from pathlib import Path

from pipelines.settings import Settings
from tests.factories.sites import HEADINGS, csv_text, hand_in, source, unit, write_site

FIRST, LAST, QUARTER = "2017-12-29", "2017-12-31", "2017-Q4"


def small_site(folder: Path) -> Path:
    dossiers = source()
    dossiers["columns"] |= {"owner_name": "Chủ hồ sơ"}
    pauses = source(id="bo_sung", table="pause", place="{night}/{unit}/bo_sung.csv", constants={"kind": "SUPPLEMENT"})
    pauses["columns"] = {"dossier_code": "Mã hồ sơ", "started_at": "Từ lúc", "ended_at": "Đến lúc"}
    pauses["optional"] = True
    catalogue = folder / "catalogue"
    catalogue.mkdir(parents=True)
    codes = [f"1.00000{n}" for n in (1, 2, 3)]  # nobody asks for the third
    (catalogue / "procedures.csv").write_text(
        "proc_core,valid_from,proc_code,name,field_code,limit_quantity,limit_unit\n"
        + "".join(f"{code},2015-01-01,{code},Thủ tục {code},DD,5,WORKING_DAY\n" for code in codes)
    )
    (catalogue / "postings.csv").write_text(
        "proc_core,unit_code,valid_from\n" + "".join(f"{c},{u},2015-01-01\n" for c in codes for u in ("X1", "X2"))
    )
    units = [
        unit(code, sources=[dossiers, pauses], expects="every_night", contact={"email": f"{code}@huyen.invalid"})
        for code in ("X1", "X2")
    ]
    mail = {"district": ["vp@huyen.invalid"]}
    return write_site(folder, units, catalogue={"format": "folder", "place": "catalogue"}, mail=mail)


def hand_in_all(settings: Settings) -> None:
    """Two nights: a bad row each, a code of two units, a quiet move, a pause, late dossiers, a late file."""
    head = [*HEADINGS, "Chủ hồ sơ"]

    def row(code: str, due: str, end: str, status: str, proc: str = "1.000001") -> list[str]:
        return [code, proc, "18/12/2017 08:00", due, end, status, f"Nguyễn Văn {code}"]

    late, wrong = row("HS-2", "26/12/2017 17:00", "", "4"), row("HS-3", "11/12/2017 17:00", "", "4")
    done = row("HS-1", "25/12/2017 17:00", "20/12/2017 09:30", "9")
    paused = row("HS-4", "28/12/2017 17:00", "", "5", "1.000002")
    hand_in(settings, "ho_so.csv", csv_text([done, late, wrong, paused], headings=head), night=FIRST)
    pause = ["Mã hồ sơ", "Từ lúc", "Đến lúc"]
    hand_in(settings, "bo_sung.csv", csv_text([["HS-4", "20/12/2017 09:00", ""]], headings=pause), night=FIRST)
    moved = row("HS-1", "29/12/2017 17:00", "20/12/2017 09:30", "10")
    fresh = row("HS-5", "29/12/2017 17:00", "", "4", "1.000002")
    hand_in(settings, "ho_so.csv", csv_text([moved, late, wrong, fresh], headings=head), night=LAST)
    again = [["HS-4", "20/12/2017 09:00", "27/12/2017 10:00"]]
    hand_in(settings, "bo_sung.csv", csv_text(again, headings=pause), night=LAST)
    theirs = [row("HS-1", "25/12/2017 17:00", "", "4", "1.000002"), row("HS-7", "27/12/2017 17:00", "", "4"), wrong]
    hand_in(settings, "ho_so.csv", csv_text(theirs, headings=head), unit_code="X2", night=LAST)
