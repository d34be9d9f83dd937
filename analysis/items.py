"""The number an item has everywhere: PA-01, PA-02, … in the order in which papers print the proposals."""

import json
from collections.abc import Mapping
from typing import Final

import pandas as pd

from domain.text import fold

MANY_FIELDS: Final = "Nhiều lĩnh vực"


def numbered(proposals: pd.DataFrame, procedures: pd.DataFrame) -> pd.DataFrame:
    """The proposals in the order papers print them, each with its number and the field it belongs to.

    Needs: proposals: proc_cores (JSON list); procedures: proc_core, field_name (all versions)
    Gives: the same columns, item_no ('PA-01'), field_name ('Nhiều lĩnh vực' when its procedures share none); fields
      in the order of the alphabet, the mixed ones last, within a field the order given
    """
    fields: Mapping[str, object] = {}
    if "proc_core" in procedures.columns and "field_name" in procedures.columns:
        fields = dict(zip(procedures["proc_core"].astype(str), procedures["field_name"], strict=True))
    named = [_field(str(cores), fields) for cores in proposals.get("proc_cores", pd.Series(dtype=object))]
    order = sorted(range(len(named)), key=lambda place: (named[place] == MANY_FIELDS, fold(named[place]), place))
    width = max(2, len(str(len(named))))
    return (
        proposals.iloc[order]
        .reset_index(drop=True)
        .assign(
            item_no=[f"PA-{number:0{width}d}" for number in range(1, len(named) + 1)],
            field_name=[named[place] for place in order],
        )
    )


def _field(cores: str, fields: Mapping[str, object]) -> str:
    found = {fields.get(core) for core in json.loads(cores or "[]")}
    known = {str(name) for name in found if isinstance(name, str) and name}
    return known.pop() if len(known) == 1 else MANY_FIELDS
