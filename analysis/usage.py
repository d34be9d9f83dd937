"""Posted procedures that nobody used for a year, with the caution that rare is not needless."""

import re
from datetime import date

import pandas as pd

from analysis.frames import check_columns, in_force, window
from analysis.thresholds import Thresholds
from domain.text import fold, normalise

# Needed because they are rare: disasters, accidents, complaints, death, protection of people, taking back, mending.
# With accents: "sự cố" (an accident) is not "có sự".
_RARE = (
    "thiên tai|dịch bệnh|cứu trợ|hỏa hoạn|sự cố|tai nạn|cấp cứu|thiệt hại|bồi thường|khiếu nại|tố cáo|tranh chấp"
    "|bạo lực|trẻ em|nạn nhân|khuyết tật|mồ côi|giám hộ|con nuôi|khai tử|mai táng|thi hài|hài cốt|mất tích"
    "|thương binh|liệt sĩ|quốc tịch|giải thể|phá sản|chấm dứt|thu hồi|hủy bỏ|cải chính|phục hồi|khôi phục"
)
_RARE_NEEDED = re.compile(rf"(?<!\w)(?:{_RARE})(?!\w)")
_UNACCENTED = re.compile(rf"(?<!\w)(?:{fold(_RARE)})(?!\w)")


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
    table["is_rare_needed"] = [_is_rare_needed(str(name)) for name in table["name"]]
    return table[["proc_core", "name", "field_code", "field_name", "units", "quarters", "is_rare_needed"]]


def _is_rare_needed(name: str) -> bool:
    """Whether a title speaks of what is rare but needed; one typed without accents is read without them."""
    plain = normalise(name).lower()
    return (_UNACCENTED if plain.isascii() else _RARE_NEEDED).search(plain) is not None
