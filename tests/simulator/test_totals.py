"""The published year, counted again from the district's messages with the json module and nothing of ours."""

import json
from collections import Counter, defaultdict

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("year")]

PUBLISHED = {"received": 7468, "not_accepted": 516, "eligible": 6952, "in_time": 5445, "late": 580, "open": 927}


def _messages(inbox):
    for path in sorted(inbox.glob("*/DG-MC/dong_bo_*.json")):
        yield (
            path.parent.parent.name,
            path.relative_to(inbox).as_posix(),
            json.loads(path.read_text(encoding="utf-8")),
        )


def _financial(inbox):
    """dossier -> [(night, new due)] from the register of tax pauses; columns by their place in the file."""
    found = defaultdict(list)
    for path in sorted(inbox.glob("*/DG-MC/nghia_vu_*.csv")):
        for line in path.read_text(encoding="utf-8-sig").splitlines()[1:]:
            cells = line.split(";")
            if cells[6]:
                day, month, year = cells[6][:10].split("/")
                found[cells[1]].append((path.parent.parent.name, year + month + day))
    return found


def _accepted_versions(inbox, truth):
    rejected = {(r["file"], r["line"]) for r in truth["bad_rows"] if r["action"] == "quarantine"}
    versions = defaultdict(list)
    for night, name, message in _messages(inbox):
        for number, record in enumerate(message["DongBoHoSoMC"], 1):
            if (name, number) not in rejected:
                versions[record["MaHoSo"]].append((night, record))
    return versions


def _credited(code, history, tax):
    """(due, end) that count: the first due date and legal moves; the end as first reported."""
    due, end = history[0][1]["NgayHenTra"][:8], ""
    for night, record in history:
        legal = {s["NgayHenTraMoi"][:8] for s in record["DanhSachHoSoBoSung"]} | {
            d for n, d in tax[code] if n <= night
        }
        if record["NgayHenTra"][:8] != due and record["NgayHenTra"][:8] in legal:
            due = record["NgayHenTra"][:8]
        end = end or record["NgayKetThucXuLy"][:8]
    return due, end


def test_the_year_adds_up_to_the_article(inbox, truth):
    tax = _financial(inbox)
    count = Counter()
    for code, history in _accepted_versions(inbox, truth).items():
        due, end = _credited(code, history, tax)
        last = history[-1][1]
        assert last["NgayTiepNhan"].startswith("2017")
        assert due, f"{code} has no due date"
        count["received"] += 1
        if last["TrangThaiHoSo"] == "3":
            count["not_accepted"] += 1
            continue
        assert last["TrangThaiHoSo"] not in {"7", "8"}
        count["eligible"] += 1
        count["open" if not end else "in_time" if end <= due else "late"] += 1
    assert dict(count) == PUBLISHED


def test_moved_dates_would_have_changed_the_totals(inbox, truth):
    """Without the history the last hand-in alone shows fewer late dossiers: the planted moves matter."""
    last = {code: h[-1][1] for code, h in _accepted_versions(inbox, truth).items()}
    late = sum(r["TrangThaiHoSo"] != "3" and r["NgayKetThucXuLy"][:8] > r["NgayHenTra"][:8] for r in last.values())
    assert late < PUBLISHED["late"]
    assert len({m["dossier_code"] for m in truth["date_moves"] if m["rule"] == "DQ-HX-01"}) >= 8
    assert len({m["dossier_code"] for m in truth["date_moves"] if m["rule"] == "DQ-HX-02"}) >= 3
    assert sum(m["has_legal_trace"] for m in truth["date_moves"]) >= 8


def test_truth_totals_are_the_published_ones(truth):
    totals = truth["totals"]["DG-MC"]
    assert totals["received"] == 7468
    assert totals["early"] + totals["on_time"] == 5445
    assert (totals["late"], totals["open"], totals["not_accepted"]) == (580, 927, 516)
    assert sum(t["received"] for unit, t in truth["totals"].items() if unit != "DG-MC") == 6000


def test_codes_run_without_gaps_each_day(inbox, truth):
    odd = {r["dossier_code"] for r in truth["bad_rows"] if r["rule"] in {"DQ-ID-03", "DQ-ID-04", "DQ-ID-01"}}
    days = defaultdict(set)
    for code in _accepted_versions(inbox, truth):
        if code not in odd:
            unit, day, seq = code.split("-")
            assert unit == "000.00.26.H16"
            days[day].add(int(seq))
    gaps = sum(max(seqs) - len(seqs) for seqs in days.values())
    assert gaps <= 3  # the three dossiers whose code was given for the next day


def test_personal_data_is_obviously_made_up(inbox):
    for _, _, message in _messages(inbox):
        for record in message["DongBoHoSoMC"]:
            assert record["SoGiayToChuHoSo"].startswith("000")
            assert record["SoDienThoai"].startswith("09000")
