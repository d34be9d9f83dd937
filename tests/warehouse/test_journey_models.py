"""The models behind journeys and supplements, on dossiers whose figures were worked out by hand.

As of Friday 15/12/2017: a case is received on 15/11/2017 or before (30 days seen) and on 1/1/2017 or after.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

from warehouse import Warehouse
from warehouse.build import CONSTANTS

AS_OF = date(2017, 12, 15)
BIRTH, HOME, CARD = "1.000001", "1.000002", "1.000003"


def build(warehouse: Warehouse, given: Any, rows: list[dict[str, Any]], **frames: Any) -> None:
    warehouse.replace_slice(given.slice("U1", "2017-12-15", rows, **frames))
    warehouse.build_models(AS_OF)


def asked(given: Any, owner: str | None, *rows: tuple[str, str], **values: Any) -> list[dict[str, Any]]:
    """Dossiers of one person: (procedure, received at)."""
    return [
        given.dossier(f"{owner}-{at}-{core}", proc_core=core, owner_hash=owner, received_at=at, due_at=None, **values)
        for core, at in rows
    ]


def journeys(warehouse: Warehouse) -> set[tuple[str, str, int, int, int]]:
    found = warehouse.read_table("journey_count")
    assert not found.duplicated(["proc_core", "next_proc_core"]).any()
    return set(found.itertuples(index=False, name=None))


def test_who_asks_for_what_next(new_warehouse: Callable[[], Warehouse], given: Any) -> None:
    rows = [
        *asked(given, "a", (BIRTH, "2017-03-01 08:00"), (HOME, "2017-03-31 16:00")),  # the 30th day
        *asked(given, "b", (BIRTH, "2017-03-01 08:00"), (HOME, "2017-04-01 07:00")),  # the 31st
        *asked(given, "c", (BIRTH, "2017-05-02 08:00"), (HOME, "2017-05-02 08:30"), (CARD, "2017-05-20 08:00")),
        *asked(given, "c", (BIRTH, "2017-05-10 08:00"), (HOME, "2017-05-11 08:00")),  # again: a second case
        *asked(given, "d", (HOME, "2017-06-01 08:00"), (BIRTH, "2017-06-05 08:00")),  # the other way round
        *asked(given, "e", (BIRTH, "2017-07-03 08:00")),
        *asked(given, None, (BIRTH, "2017-07-03 08:00"), (HOME, "2017-07-04 08:00")),  # nobody known
        *asked(given, "", (BIRTH, "2017-07-03 09:00"), (HOME, "2017-07-04 09:00")),
        *asked(given, "f", (BIRTH, "2017-11-16 08:00"), (HOME, "2017-11-17 08:00")),  # only 29 days seen
        *asked(given, "g", (BIRTH, "2016-12-31 08:00"), (HOME, "2017-01-02 08:00")),  # the year before
    ]
    warehouse = new_warehouse()
    build(warehouse, given, rows)
    assert journeys(warehouse) == {
        (BIRTH, HOME, 6, 3, 2),  # cases a b c c d e; followed a c c
        (BIRTH, CARD, 6, 2, 1),  # both of c
        (HOME, CARD, 6, 2, 1),  # cases a b c c d g
        (HOME, BIRTH, 6, 2, 2),  # d, and c whose first home is followed by the second birth
    }


def test_refused_withdrawn_and_professionals_make_no_journey(duck: Warehouse, given: Any) -> None:
    most = int(CONSTANTS["journey_most"])
    refused = {"status": 3, "refused_at": "2017-03-02 08:00"}
    withdrawn = {"status": 7, "finished_at": "2017-03-04 08:00"}
    rows = [
        *asked(given, "a", (BIRTH, "2017-03-01 08:00"), **refused),
        *asked(given, "a", (HOME, "2017-03-03 08:00")),
        *asked(given, "b", (BIRTH, "2017-03-01 08:00")),
        *asked(given, "b", (HOME, "2017-03-03 08:00"), **withdrawn),
        *asked(given, "c", (BIRTH, "2017-03-01 08:00"), (CARD, "2017-03-01 08:00")),  # one instant: both ways
    ]
    for owner, count in (("person", most), ("office", most + 1)):
        rows += asked(given, owner, (HOME, "2017-04-03 08:00"))
        rows += asked(given, owner, *((BIRTH, f"2017-04-04 {n // 60:02}:{n % 60:02}") for n in range(count - 1)))
    build(duck, given, rows)
    assert journeys(duck) == {
        (BIRTH, CARD, 2 + most - 1, 1, 1),  # cases: b, c and those of the person
        (CARD, BIRTH, 1, 1, 1),
        (HOME, BIRTH, 2, 1, 1),  # cases: a and the person
    }


def test_nobody_known_gives_no_rows(duck: Warehouse, given: Any) -> None:
    build(duck, given, asked(given, None, (BIRTH, "2017-03-01 08:00"), (HOME, "2017-03-02 08:00")))
    assert duck.read_table("journey_count").empty


def test_supplements(new_warehouse: Callable[[], Warehouse], given: Any) -> None:
    rows = [
        given.dossier("D1"),
        given.dossier("D2"),
        given.dossier("D3"),
        given.dossier("D4", received_at="2017-08-01 08:00"),
        given.dossier("D5", proc_core=HOME),
    ]
    pauses = [
        given.pause("D1", 1, "2017-12-05 08:00", "2017-12-06 08:00"),
        given.pause("D1", 2, "2017-12-07 08:00"),  # twice: still one dossier
        given.pause("D2", 1, "2017-12-05 08:00", kind="FINANCIAL"),
        given.pause("D3", 1, "2017-12-18 08:00"),  # only after as_of
        given.pause("D4", 1, "2017-08-02 08:00", "2017-08-03 08:00"),
    ]
    warehouse = new_warehouse()
    build(warehouse, given, rows, pauses=pauses)
    found = warehouse.read_table("supplement_count")
    assert set(found.itertuples(index=False, name=None)) == {
        (BIRTH, "U1", "2017-Q4", 3, 1),
        (BIRTH, "U1", "2017-Q3", 1, 1),
        (HOME, "U1", "2017-Q4", 1, 0),
    }
