"""The shipped district against the article's figures and the planted truth."""

import json
import re
import zipfile
from itertools import combinations

import pytest
from openpyxl import load_workbook

from pipelines.quarter.place import papers_folder
from tests.chain.conftest import QUARTER, Chain
from warehouse import Warehouse
from warehouse.compare import snapshot

pytestmark = [pytest.mark.slow, pytest.mark.first(1), pytest.mark.xdist_group("chain")]

# Báo Đắk Nông, 12/04/2018: the district in 2017.
ARTICLE = {"received": 7468, "not_eligible": 516, "eligible": 6952, "in_time": 5445, "late": 580, "open": 927}


@pytest.fixture(scope="module")
def warehouse(chain: Chain):
    with Warehouse.open(chain.settings.warehouse_url) as opened:
        yield opened


def test_the_article_adds_up_over_single_dossiers(warehouse: Warehouse) -> None:
    # Counted here from the state table itself, beside the model that the product prints.
    rows = warehouse.read_sql(
        """
        SELECT
            count(*) AS received,
            sum(CASE WHEN status = 3 THEN 1 ELSE 0 END) AS not_eligible,
            sum(CASE WHEN status <> 3 THEN 1 ELSE 0 END) AS eligible,
            sum(CASE WHEN status IN (9, 10)
                AND CAST(credit_finished_at AS DATE) <= CAST(credit_due_at AS DATE) THEN 1 ELSE 0 END) AS in_time,
            sum(CASE WHEN status IN (9, 10)
                AND CAST(credit_finished_at AS DATE) > CAST(credit_due_at AS DATE) THEN 1 ELSE 0 END) AS late,
            sum(CASE WHEN status IN (2, 4, 5, 6) THEN 1 ELSE 0 END) AS open
        FROM dossier
        WHERE unit_code = 'DG-MC' AND CAST(received_at AS DATE) BETWEEN DATE '2017-01-01' AND DATE '2017-12-31'
        """
    )
    assert {name: int(rows[name].iloc[0]) for name in ARTICLE} == ARTICLE
    headline = warehouse.read_table("headline")
    printed = headline[(headline["unit_code"] == "DG-MC") & (headline["year"] == 2017)].iloc[0]
    printed["in_time"] = printed["early"] + printed["on_time"]
    assert {name: int(printed[name]) for name in ARTICLE} == ARTICLE
    assert len(warehouse.read("procedures_posted")) == 476


def test_every_planted_bad_row_is_found_with_its_reason(chain: Chain, warehouse: Warehouse) -> None:
    quarantine = warehouse.read_table("quarantine")
    flags = warehouse.read_table("dossier_flag")
    changes = warehouse.read_table("dossier_change")
    aside = {(r.unit_code, r.night, r.line_no, r.rule_id) for r in quarantine.itertuples()}
    aside |= {(r.unit_code, r.night, r.dossier_code, r.rule_id) for r in quarantine.itertuples()}
    kept = {(r.unit_code, r.dossier_code, r.rule_id) for r in flags.itertuples()}
    kept |= {(r.unit_code, r.dossier_code, r.rule_id) for r in changes.dropna(subset=["rule_id"]).itertuples()}
    missed = []
    for bad in chain.truth["bad_rows"]:
        rules = [bad["rule"], *bad["any_of"]]
        place, unit = (bad["unit_code"], bad["night"]), bad["unit_code"]
        if bad["action"] == "flag":
            found = any((unit, bad["dossier_code"], rule) in kept for rule in rules)
        else:
            keys = [bad["line"], bad["dossier_code"]]
            found = any((*place, key, rule) in aside for key in keys for rule in rules)
        if not found:
            missed.append((bad["rule"], unit, bad["night"], bad["dossier_code"]))
    assert len(chain.truth["bad_rows"]) > 300
    assert missed == []
    assert (quarantine["message"].str.len() > 20).all()


def test_nothing_else_is_set_aside(chain: Chain, warehouse: Warehouse) -> None:
    planted = {bad["dossier_code"] for bad in chain.truth["bad_rows"] if bad["action"] != "flag"}
    lines = {(b["unit_code"], b["night"], b["line"]) for b in chain.truth["bad_rows"] if b["action"] != "flag"}
    aside = warehouse.read_table("quarantine")
    aside = aside[aside["table_name"] == "dossier"]
    others = [
        r for r in aside.itertuples()
        if r.dossier_code not in planted and (r.unit_code, r.night, r.line_no) not in lines
    ]  # fmt: skip
    assert others == []


def test_quiet_moves_are_seen_and_lawful_ones_are_not_blamed(chain: Chain, warehouse: Warehouse) -> None:
    changes = warehouse.read_table("dossier_change")
    found = changes[changes["rule_id"].isin(["DQ-HX-01", "DQ-HX-02"])]
    seen = {(r.dossier_code, r.night, r.field, r.rule_id) for r in found.itertuples()}
    moves = chain.truth["date_moves"]
    quiet = {(m["dossier_code"], m["night"], m["field"], m["rule"]) for m in moves if not m["has_legal_trace"]}
    assert len(quiet) >= 11
    assert seen == quiet


def test_bad_files_are_outcomes_and_the_others_go_on(chain: Chain, warehouse: Warehouse) -> None:
    outcomes = warehouse.read_table("slice_outcome").set_index(["unit_code", "night"])
    for fault in chain.truth["file_faults"]:
        assert outcomes.loc[(fault["unit_code"], fault["night"]), "status"] == fault["expected_status"], fault
        others = outcomes.xs(fault["night"], level="night").drop(fault["unit_code"])
        assert (others["status"] == "COLLECTED").sum() >= 7
    assert len(outcomes) == 10 * 8
    issues = warehouse.read_table("issue_night")
    files = issues[issues["kind"] == "FILE"]
    told = {(r.unit_code, r.night) for r in files[files["state"] == "NEW"].itertuples()}
    assert told == {(f["unit_code"], f["night"]) for f in chain.truth["file_faults"]}
    mended = {(r.unit_code, r.night) for r in files[files["state"] == "MENDED"].itertuples()}
    assert mended == {(f["unit_code"], f["caught_up_night"]) for f in chain.truth["file_faults"]}


def test_planted_overlaps_are_in_the_book_and_decoys_are_not_proposed(chain: Chain, warehouse: Warehouse) -> None:
    flags = warehouse.read_table("flag")
    pairs = flags[flags["kind"] == "OVERLAP"]
    found = {frozenset((r.proc_core, r.other_proc_core)) for r in pairs.itertuples()}
    families = [
        set(json.loads(r.proc_cores)) for r in warehouse.read_table("proposal").itertuples() if r.kind == "MERGE"
    ]
    for group in chain.truth["overlaps"]:
        members = {core[:8] for core in group["members"]}
        together = any(members <= family for family in families)
        assert together or all(frozenset(p) in found for p in combinations(sorted(members), 2)), group["id"]
    for decoy in chain.truth["decoys"]:
        members = {core[:8] for core in decoy["members"]}
        assert not any(members <= family for family in families), decoy["id"]
    book = (papers_folder(chain.settings, QUARTER) / "so_tay_quy.html").read_text()
    for group in chain.truth["overlaps"]:
        assert sum(core in book for core in group["members"]) >= 2, group["id"]


def test_slow_step_unused_procedures_and_padded_limits_are_found(chain: Chain, warehouse: Warehouse) -> None:
    flags = warehouse.read_table("flag")
    book = (papers_folder(chain.settings, QUARTER) / "so_tay_quy.html").read_text()
    slow = flags[flags["kind"] == "SLOW_STEP"]
    office = chain.settings.site.unit("DG-MC").offices[chain.truth["slow_step"]["office"]]
    assert len(slow)
    assert slow["sentence"].str.contains(office, regex=False).all()
    assert office in book
    unused = set(flags.loc[flags["kind"] == "UNUSED", "proc_core"])
    assert unused == set(chain.truth["unused"])
    padded = set(flags.loc[flags["kind"] == "LIMIT_CUT", "proc_core"])
    assert set(chain.truth["padded_limits"]) <= padded


def test_letters_once_per_late_dossier(chain: Chain, warehouse: Warehouse) -> None:
    letters = warehouse.read_table("apology")
    assert letters["dossier_code"].is_unique
    out = chain.settings.var / "out" / "nights"
    written = sorted(path.name for path in out.glob("*/thu_xin_loi/*.docx"))
    assert written == sorted(letters["file_name"])
    late = warehouse.read_table("late_list")
    assert set(late["dossier_code"]) <= set(letters["dossier_code"])
    one = letters.sort_values("dossier_code").iloc[0]
    with zipfile.ZipFile(out / one["night"] / "thu_xin_loi" / one["file_name"]) as file:
        text = re.sub(r"<[^>]+>", "", file.read("word/document.xml").decode())
    assert one["dossier_code"] in text
    assert "xin lỗi" in text
    for day in (one["old_due_on"], one["new_due_on"]):
        assert f"ngày {day.day:02d} tháng {day.month:02d} năm {day.year}" in text


def test_table_06a_closes(chain: Chain) -> None:
    book = load_workbook(papers_folder(chain.settings, QUARTER) / "bieu_II06a.xlsx", data_only=True)
    checked = 0
    for sheet in book.worksheets:
        for row in sheet.iter_rows(values_only=True):
            numbers = list(row[2:13])
            if not (isinstance(row[1], str) and all(isinstance(cell, int | float) for cell in numbers)):
                continue
            if numbers == list(range(3, 14)):
                continue  # the line of column numbers
            received, online, direct, carried, done, early, on_time, late, left, in_term, overdue = numbers
            assert received == online + direct + carried
            assert done == early + on_time + late
            assert left == in_term + overdue
            checked += 1
    assert checked > 20


def test_no_personal_data_in_the_warehouse(chain: Chain, warehouse: Warehouse) -> None:
    people: set[str] = set()
    for path in sorted(chain.settings.inbox.glob("2017-12-2*/DG-MC/dong_bo_*.json")):
        message = json.loads(path.read_text())
        records = message if isinstance(message, list) else next(v for v in message.values() if isinstance(v, list))
        for record in records:
            people |= {str(record.get(k) or "") for k in ("ChuHoSo", "SoGiayToChuHoSo", "SoDienThoai")}
    people -= {""}
    assert len(people) > 5000
    for name, frame in snapshot(warehouse).items():
        for column in frame.columns:
            values = set(frame[column].dropna().astype(str)) if frame[column].dtype in ("object", "str") else set()
            assert not values & people, (name, column)
    raw = warehouse.read_table("quarantine")["raw_record"].str.cat(sep="\n")
    assert not [person for person in sorted(people) if len(person) > 6 and f'"{person}"' in raw]
