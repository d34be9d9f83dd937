"""Posted procedures that nobody used for a year, with the caution that rare is not needless."""

import re
from datetime import date

import pandas as pd

from analysis.frames import check_columns, in_force, window
from analysis.thresholds import Thresholds
from domain.text import fold

# Needed because they are rare: disasters, accidents, complaints, death abroad, protection of people.
_RARE_NEEDED = re.compile(
    r"thien tai|dich benh|khieu nai|to cao|tai nan|bao luc|tre em|nan nhan|giai the|pha san|khai tu|giam ho|quoc tich"
    r"|thuong binh|liet si|khuyet tat|mo coi|cap cuu|hoa hoan|su co|tranh chap|boi thuong|phuc hoi"
)


def unused_procedures(  # noqa: PLR0913 - three frames and three settings, each named
    postings: pd.DataFrame,
    usage: pd.DataFrame,
    procedures: pd.DataFrame,
    *,
    quarter: str,
    on: date,
    thresholds: Thresholds,
) -> pd.DataFrame:
    """Procedures posted on a day for which no unit received a dossier in the year up to the quarter.

    Needs: `postings`: proc_core, unit_code, valid_from, valid_to; `usage`: proc_core, unit_code, received_quarter, n;
      `procedures`: proc_core, name, field_code, field_name (in force)
    Gives: proc_core, name, field_code, field_name, units (how many post it), quarters (looked back over, only those
      the data reach), is_rare_needed (its title speaks of what is rare but needed)
    """
    check_columns(postings, ["proc_core", "unit_code"], where="unused_procedures")
    check_columns(usage, ["proc_core", "received_quarter", "n"], where="unused_procedures")
    posted = in_force(postings, on, key=["proc_core", "unit_code"])
    looked = [each for each in window(quarter, thresholds.window_quarters) if each in set(usage["received_quarter"])]
    used = set(usage.loc[usage["received_quarter"].isin(looked) & usage["n"].gt(0), "proc_core"])
    idle = posted.loc[~posted["proc_core"].isin(used)].groupby("proc_core", sort=True)["unit_code"].nunique()
    table = idle.rename("units").reset_index()
    known = procedures.drop_duplicates("proc_core").set_index("proc_core")
    for name in ("name", "field_code", "field_name"):
        table[name] = [known[name].get(core) if name in known else None for core in table["proc_core"]]
    table["name"] = table["name"].where(table["name"].notna(), table["proc_core"])
    table["quarters"] = len(looked)
    table["is_rare_needed"] = [_RARE_NEEDED.search(fold(str(name))) is not None for name in table["name"]]
    return table[["proc_core", "name", "field_code", "field_name", "units", "quarters", "is_rare_needed"]]
