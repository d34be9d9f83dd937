"""What people discarded of the rows set aside: model and query on both databases against a count made here."""

import hashlib
import random
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pandas as pd
import pytest

from warehouse import Warehouse

DAYS = [date(2017, 12, 4) + timedelta(days=n) for n in range(9)]
NIGHTS = [str(day) for day in DAYS]
CONTENTS = ['{"a": "một"}', '{"a": "hai", "b": "[che]"}', None]


def act(row: Any, kind: str, moment: str, **values: Any) -> dict[str, Any]:
    """A word on a row as `given.held` makes it, handed in by U1 (or another `unit`)."""
    record = next(each for each in (row["dossier_code"], row["raw_record"]) if each is not None)
    subject = f"{values.pop('unit', 'U1')}/{row['table_name']}/{row['rule_id']}/{record}"
    content = hashlib.md5((row["raw_record"] or "").encode()).hexdigest()
    said = {"subject_kind": "quarantine", "subject_id": subject, "fingerprint": content, "kind": kind}
    said |= {"said_at": pd.Timestamp(moment), "actor": "Nguyễn Văn Thử", "is_demo": False, "reason": "trùng"}
    return said | {"act_id": hashlib.md5(f"{subject}{content}{moment}".encode()).hexdigest()} | values


def keep(warehouse: Warehouse, *acts: dict[str, Any]) -> None:
    warehouse.insert_missing("act", pd.DataFrame(list(acts)))


def states(warehouse: Warehouse) -> list[tuple[str, str, int]]:
    rows = warehouse.read_table("issue_quarantine")
    return list(zip(rows["night"].str[-2:], rows["state"], rows["count"], strict=True))


def left_open(warehouse: Warehouse, night: str, **values: Any) -> list[str]:
    warehouse.build_models(date.fromisoformat(night), known=night)
    return sorted(warehouse.read("quarantine_open", **values)["quarantine_id"])


def test_a_word_counts_from_its_day_on_until_it_is_taken_back(duck: Warehouse, given: Any) -> None:
    row = given.held("R", "D1")
    for night in NIGHTS[:6]:
        duck.replace_slice(given.slice("U1", night, quarantine=[row]))  # a full extract: the same row every night
    keep(duck, act(row, "DISCARD", "2017-12-05 23:59:59"), act(row, "KEEP", "2017-12-08 00:00:00"))
    assert [len(left_open(duck, night)) for night in NIGHTS[:6]] == [1, 0, 0, 0, 1, 1]
    assert [len(left_open(duck, night, discarded=True)) for night in NIGHTS[:6]] == [0, 1, 1, 1, 0, 0]
    duck.build_models(DAYS[5])
    assert states(duck) == [("04", "NEW", 1), ("08", "NEW", 1), ("09", "OPEN", 1)], "discarded is not mended"


def test_a_changed_row_is_a_new_question_and_so_is_another_rule(duck: Warehouse, given: Any) -> None:
    row = given.held("R", "D1", raw_record='{"a": "1"}')
    changed = row | {"raw_record": '{"a": "2"}'}
    for night, rows in zip(NIGHTS, ([row], [row], [changed], [row | {"rule_id": "Q"}]), strict=False):
        duck.replace_slice(given.slice("U1", night, quarantine=rows))
    keep(duck, act(row, "DISCARD", "2017-12-04 09:00"))
    assert [len(left_open(duck, night)) for night in NIGHTS[:4]] == [0, 0, 1, 1]
    duck.build_models(DAYS[3])
    told = duck.read_table("issue_quarantine")
    assert told[["night", "rule_id", "state"]].to_numpy().tolist() == [
        [NIGHTS[2], "R", "NEW"], [NIGHTS[3], "Q", "NEW"], [NIGHTS[3], "R", "MENDED"],
    ]  # fmt: skip


def test_what_is_mended_beside_what_is_discarded_is_told(duck: Warehouse, given: Any) -> None:
    first, other = given.held("R", "D1"), given.held("R", "D2", line_no=10)
    duck.replace_slice(given.slice("U1", NIGHTS[0], quarantine=[first, other]))
    duck.replace_slice(given.slice("U1", NIGHTS[1], [given.dossier("D2")]))
    keep(duck, act(first, "DISCARD", "2017-12-05 08:00"))
    duck.build_models(DAYS[1])
    assert states(duck) == [("04", "NEW", 2), ("05", "MENDED", 0)]


def test_words_on_other_matters_and_other_units_count_for_nothing(duck: Warehouse, given: Any) -> None:
    row = given.held("R", "D1")
    duck.replace_slice(given.slice("U1", NIGHTS[0], quarantine=[row]))
    keep(
        duck,
        act(row, "DISCARD", "2017-12-04 08:00", unit="U2"),
        act(row, "DISCARD", "2017-12-04 08:01", subject_kind="proposal"),
        act(row, "KEEP", "2017-12-04 08:02"),
        act(row, "DISCARD", "2017-12-05 08:00"),
    )
    assert len(left_open(duck, NIGHTS[0])) == 1


Held = tuple[str, str, dict[str, Any]]


def oracle(held: Sequence[Held], accepted: Sequence[tuple[str, str, str]], acts: pd.DataFrame, night: str) -> Any:
    """By (unit, rule) how many rows are open on a night and how many discarded; by plain reading of the rules."""
    known = [each for each in held if each[1] <= night]
    newest: dict[tuple[str, str], str] = {}
    for unit, at, row in known:
        record = unit, row["dossier_code"] or row["raw_record"]
        newest[record] = max(newest.get(record, ""), at)
    heard = acts[acts["said_at"].dt.strftime("%Y-%m-%d") <= night].sort_values("said_at")
    stands = {(a.subject_id, a.fingerprint): a.kind for a in heard.itertuples()}
    counts: dict[tuple[str, str], list[int]] = {}
    for unit, at, row in known:
        ended = any(u == unit and code == row["dossier_code"] and at < n <= night for u, n, code in accepted)
        if ended or newest[unit, row["dossier_code"] or row["raw_record"]] > at:
            continue
        said = act(row, "", night, unit=unit)
        is_discarded = stands.get((said["subject_id"], said["fingerprint"])) == "DISCARD"
        counts.setdefault((unit, row["rule_id"]), [0, 0])[is_discarded] += 1
    return counts


@pytest.mark.parametrize("seed", range(4))
def test_models_and_query_agree_with_a_plain_count_on_either_engine(
    warehouse: Warehouse, given: Any, seed: int
) -> None:
    """Codes, contents, rules and words by lot: every night must come out, as known then and as looked back on."""
    lot = random.Random(seed)
    held: list[Held] = []
    accepted: list[tuple[str, str, str]] = []
    for unit in ("U1", "U2"):
        for night in NIGHTS:
            rows = []
            for line in range(lot.randrange(4)):
                code = lot.choice(["D1", "D2", None])
                content = lot.choice(CONTENTS[: 2 if code is None else 3])
                rows.append(given.held(lot.choice("RQ"), code, raw_record=content, line_no=line))
            held += [(unit, night, row) for row in rows]
            fine = [code for code in ("D1", "D2") if lot.random() < 0.15 and unit == f"U{code[1]}"]
            accepted += [(unit, night, code) for code in fine]
            dossiers = [given.dossier(code) for code in fine]
            warehouse.replace_slice(given.slice(unit, night, dossiers, quarantine=rows))
    acts = []
    for _ in range(40):
        unit, night, row = lot.choice(held)
        moment = datetime.fromisoformat(lot.choice(NIGHTS)) + timedelta(seconds=lot.randrange(86_400))
        acts.append(act(row, lot.choice(["DISCARD", "DISCARD", "KEEP"]), str(moment), unit=unit))
    said = pd.DataFrame(acts).drop_duplicates("act_id")
    warehouse.insert_missing("act", said)

    expected = {night: oracle(held, accepted, said, night) for night in NIGHTS}
    assert sum(n for night in NIGHTS for _, n in expected[night].values()) > 10, "enough is discarded"
    for night in NIGHTS:
        warehouse.build_models(date.fromisoformat(night), known=night)
        for place, discarded in ((0, None), (1, True)):
            rows = warehouse.read("quarantine_open", discarded=discarded)
            counted = rows.groupby(["unit_code", "rule_id"]).size().to_dict()
            assert counted == {key: n[place] for key, n in expected[night].items() if n[place]}, night
    issues = warehouse.read_table("issue_quarantine")
    issues = issues[issues["count"] > 0].set_index(["night", "unit_code", "rule_id"])["count"].to_dict()
    looked_back = {(night, *key): n for night in NIGHTS for key, (n, _) in expected[night].items() if n}
    assert issues == looked_back, "looking back, every night is as it was known then"


def test_spans_of_a_record_never_meet(duck: Warehouse, given: Any) -> None:
    row = given.held("R", "D1")
    duck.replace_slice(given.slice("U1", NIGHTS[0], quarantine=[row]))
    kinds = ["KEEP", "DISCARD", "DISCARD", "KEEP", "KEEP", "DISCARD", "KEEP", "DISCARD"]
    for day, kind in zip(NIGHTS, kinds, strict=False):
        keep(duck, act(row, kind, f"{day} 10:00"))
    duck.build_models(DAYS[-1], known=NIGHTS[-1])
    found = duck.read_table("quarantine_discarded")
    spans = list(zip(found["from_day"].astype(str), found["until_day"].astype(str), strict=True))
    assert [(a[-2:], b[-2:]) for a, b in spans[:2]] == [("05", "07"), ("09", "10")]
    assert (spans[2][0], found["until_day"].isna().tolist()) == (NIGHTS[7], [False, False, True])
    assert all(before[1] < after[0] for before, after in pairwise(spans))
