"""The catalogue: 476 procedures that hang together, and the overlaps planted in it."""

import csv
import json
import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from pipelines.simulator.catalogue_build import write_catalogue
from tests.shared import shared

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("year")]

SITE = Path(__file__).resolve().parents[2] / "sites" / "dak_glong"

FOLDER = SITE / "catalogue"


def _rows(name):
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_476_procedures_with_all_their_parts():
    procedures = _rows("procedures")
    codes = [row["proc_core"] for row in procedures]
    assert len(codes) == len(set(codes)) == 476
    for name in ("papers", "steps", "postings"):
        assert {row["proc_core"] for row in _rows(name)} == set(codes), name
    counter = [row["proc_core"] for row in _rows("postings") if row["unit_code"] == "DG-MC"]
    assert sorted(counter) == sorted(codes)
    for row in procedures:
        assert re.fullmatch(r"[1-9]\.\d{6}", row["proc_core"])
        assert row["limit_unit"] in {"WORKING_DAY", "DAY", "HOUR"}
        assert 0 < float(row["limit_quantity"]) <= 60
        assert "minh họa" in row["decision_no"]
        assert len(json.loads(row["legal_basis"])) >= 2
    assert (
        sum((FOLDER / f"{n}.csv").stat().st_size for n in ("procedures", "papers", "steps", "postings")) < 1_500_000
    )


def test_steps_are_numbered_and_done_by_known_offices():
    offices = {"MC", "VP", "LD", "TNMT", "TP", "TCKH", "LDTBXH", "KTHT", "VHTT", "NV", "GDDT", "NNPTNT", "YT", "TTR",
               "VPDK", "THUE", "TPHT", "DCXD", "VHXH", "QS", "LDX"}  # fmt: skip
    steps = defaultdict(list)
    for row in _rows("steps"):
        steps[row["proc_core"]].append(int(row["step_no"]))
        assert row["office_code"] in offices
        assert float(row["planned_days"]) > 0
        assert (row["is_paused"] == "true") == (row["office_code"] == "THUE")
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in steps.values())


def test_planted_overlaps_share_papers_and_steps_and_decoys_do_not(truth):
    papers, steps = defaultdict(set), defaultdict(list)
    for row in _rows("papers"):
        papers[row["proc_core"]].add(row["name"])
    for row in _rows("steps"):
        steps[row["proc_core"]].append((row["role"], row["task"], row["planned_days"]))
    limits = {row["proc_core"]: row["limit_quantity"] for row in _rows("procedures")}
    assert 6 <= len(truth["overlaps"]) <= 8
    for group in truth["overlaps"]:
        first, *others = group["members"]
        for other in others:
            if group["relation"] == "containment":
                assert papers[other] < papers[first]
                continue
            assert papers[first] == papers[other]
            assert group["relation"] == "level_twin" or steps[first] == steps[other]
    chain = next(g for g in truth["overlaps"] if g["id"] == "O1-land-chain")
    assert sorted(int(limits[c]) for c in chain["members"]) == [8, 8, 10, 15, 20]
    assert len(steps[chain["members"][0]]) == 10
    for decoy in truth["decoys"]:
        a, b = decoy["members"]
        assert len(papers[a] & papers[b]) / len(papers[a] | papers[b]) < 0.5, decoy


def test_no_other_pair_of_procedures_has_nearly_the_same_papers(truth):
    papers = defaultdict(set)
    for row in _rows("papers"):
        papers[row["proc_core"]].add(row["name"])
    planted = {frozenset((a, b)) for g in truth["overlaps"] for a in g["members"] for b in g["members"] if a != b}
    codes = sorted(papers)
    for n, a in enumerate(codes):
        for b in codes[n + 1 :]:
            shared = len(papers[a] & papers[b]) / len(papers[a] | papers[b])
            assert shared < 0.67 or frozenset((a, b)) in planted, (a, b)


def test_step_sums_are_as_the_truth_says(truth):
    sums = Counter()
    for row in _rows("steps"):
        sums[row["proc_core"]] += float(row["planned_days"]) * (row["is_paused"] == "false")
    limits = {
        r["proc_core"]: float(r["limit_quantity"]) for r in _rows("procedures") if r["limit_unit"] == "WORKING_DAY"
    }
    assert truth["step_sum"]["above"] == sorted(c for c, days in limits.items() if sums[c] > days + 0.01)
    assert truth["step_sum"]["below"] == sorted(c for c, days in limits.items() if sums[c] < days - 0.01)
    assert len(truth["step_sum"]["above"]) >= 5


@pytest.mark.shared
def test_the_committed_catalogue_is_what_the_builder_makes(tmp_path):
    assert write_catalogue(tmp_path, shared())["procedures"] == 476
    for path in sorted(tmp_path.glob("*.csv")):
        assert path.read_bytes() == (FOLDER / path.name).read_bytes(), path.name
