"""The door: locks, types, and errors that say what to mend."""

import multiprocessing
import time
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pandas as pd
import pytest

from domain.errors import KnownError
from warehouse import Warehouse


def hold(url: str, ready: Any, seconds: float) -> None:
    with Warehouse.open(url):
        ready.set()
        time.sleep(seconds)


def test_a_locked_file_is_waited_for(new_duckdb: Callable[[], str]) -> None:
    url = new_duckdb()
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    other = context.Process(target=hold, args=(url, ready, 3.0))
    other.start()
    assert ready.wait(60)
    with pytest.raises(KnownError, match="E-WH-LOCKED") as error:
        Warehouse.open(url, wait=0.2)
    assert "another process" in str(error.value)
    with Warehouse.open(url, wait=60) as warehouse:
        warehouse.migrate()
    other.join()


def test_a_server_that_is_not_there() -> None:
    with pytest.raises(KnownError, match="E-WH-OPEN") as error:
        Warehouse.open("postgresql+psycopg://someone:secret@/none?host=/nowhere")
    assert "secret" not in str(error.value)


def test_types_and_nulls_come_back_as_they_went_in(warehouse: Warehouse) -> None:
    frame = pd.DataFrame(
        {
            "unit_code": ["U1", "U2"],
            "valid_from": ["2017-01-01", pd.Timestamp("2018-01-01")],
            "valid_to": [date(2017, 12, 31), None],
            "name": ['Ủy ban, "xã"\nĐắk Som', ""],
            "email": [None, float("nan")],
        }
    )
    warehouse.replace_dimensions({"unit": frame})
    unit = warehouse.read_table("unit")
    assert unit["valid_from"].tolist() == [date(2017, 1, 1), date(2018, 1, 1)]
    assert unit["valid_to"].tolist() == [date(2017, 12, 31), None]
    assert unit["name"].tolist() == ['Ủy ban, "xã"\nĐắk Som', ""]
    assert unit["email"].isna().all()
    assert str(unit["name"].dtype) == "str"
    flags = pd.DataFrame(
        {
            "flag_id": ["a", "b"],
            "quarter": "2017-Q4",
            "n": [3, None],
            "value": [0.1, None],
            "evidence": [["D1"], None],
        }
    )
    assert warehouse.insert_missing("flag", flags) == 2
    read = warehouse.read_table("flag")
    assert (str(read["n"].dtype), read["n"].tolist()[0], read["n"].isna().tolist()) == ("Int64", 3, [False, True])
    assert read["evidence"].tolist()[0] == '["D1"]'
    said = pd.DataFrame([{"act_id": "a", "subject_kind": "quarter", "kind": "SIGN", "is_demo": True}])
    said["said_at"] = datetime(2018, 1, 5, 9, 30, 15)
    warehouse.insert_missing("act", said)
    back = warehouse.read_table("act")
    assert (str(back["said_at"].dtype), str(back["is_demo"].dtype)) == ("datetime64[us]", "bool")
    assert back["said_at"].iloc[0] == datetime(2018, 1, 5, 9, 30, 15)


def test_replace_rows_replaces_only_its_own(warehouse: Warehouse) -> None:
    def flags(quarter: str, *ids: str) -> pd.DataFrame:
        return pd.DataFrame({"flag_id": list(ids), "quarter": quarter})

    warehouse.replace_rows("flag", flags("2017-Q3", "a"), where={"quarter": "2017-Q3"})
    for _ in range(2):
        warehouse.replace_rows("flag", flags("2017-Q4", "b", "c"), where={"quarter": "2017-Q4"})
    assert warehouse.read_table("flag")["flag_id"].tolist() == ["a", "b", "c"]
    warehouse.replace_rows("flag", flags("2017-Q4"), where={"quarter": "2017-Q4"})
    assert warehouse.read_table("flag")["flag_id"].tolist() == ["a"]
    with pytest.raises(KnownError, match="E-WH-WHERE"):
        warehouse.replace_rows("flag", flags("2017-Q3", "a"), where={"quarter": "2017-Q4"})
    with pytest.raises(KnownError, match="E-WH-WHERE"):
        warehouse.replace_rows("flag", flags("2017-Q3", "a"), where={})


def test_a_transaction_is_all_or_nothing_also_after_a_plain_read(warehouse: Warehouse) -> None:
    flag = pd.DataFrame({"flag_id": ["a"], "quarter": "2017-Q4"})
    warehouse.has_table("flag")

    def insert_then_stop() -> None:
        with warehouse.transaction():
            warehouse.insert_missing("flag", flag)
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError):
        insert_then_stop()
    assert len(warehouse.read_table("flag")) == 0
    with warehouse.transaction():
        warehouse.insert_missing("flag", flag)
    assert len(warehouse.read_table("flag")) == 1


def test_errors_name_what_is_wrong(warehouse: Warehouse) -> None:
    with pytest.raises(KnownError, match=r"table \[unit\], column \[valid_from\]"):
        warehouse.replace_dimensions({"unit": pd.DataFrame({"unit_code": ["U1"], "valid_from": ["hôm qua"]})})
    with pytest.raises(KnownError, match="no dimension"):
        warehouse.replace_dimensions({"flag": pd.DataFrame()})
    with pytest.raises(KnownError, match=r"no query \[nothing\]"):
        warehouse.read("nothing")
    with pytest.raises(KnownError, match=r"no parameter \['nigth'\]"):
        warehouse.read("outcomes_of_night", nigth="2017-12-31")
    with pytest.raises(KnownError, match=r"no table \[people\]"):
        warehouse.read_table("people")
