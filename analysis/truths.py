"""Checks on the way out: what must hold of a quarter's result before it is printed, a sentence each.

The parts are worked out one by one, from one set of counts. What they say together is checked here on the result
itself, as it would be printed: a mistake in any part, or in joining them, is found before anybody reads it.
"""

import pandas as pd

from analysis.quarter import QuarterAnalysis
from analysis.truth_agreement import AGREEMENT
from analysis.truth_bounds import BOUNDS
from analysis.truth_parts import BROKEN, Truth
from analysis.truth_sums import SUMS

COLUMNS = ["part", "truth", *BROKEN]
TRUTHS: tuple[Truth, ...] = (*SUMS, *BOUNDS, *AGREEMENT)


def untrue(analysis: QuarterAnalysis) -> pd.DataFrame:
    """Every truth the quarter's result breaks, place by place; an empty frame when it breaks none.

    Needs: a QuarterAnalysis with the columns its parts give; a part that is switched off (an empty frame) is not
      asked
    Gives: part (the frame of QuarterAnalysis), truth (one sentence in Vietnamese: what should hold), where (đơn vị,
      thủ tục, lĩnh vực…, "toàn bộ" for a row over everything), left and right (two figures that should be the same,
      or of which left should not be more than right); in the order of TRUTHS
    Raises KnownError E-ANALYSIS-COLUMN when a part that is on lacks a column a truth reads.
    """
    found = [
        each.breaks(analysis).assign(part=each.part, truth=each.sentence)
        for each in TRUTHS
        if len(getattr(analysis, each.part))
    ]
    filled = [part for part in found if not part.empty]
    return pd.concat(filled, ignore_index=True)[COLUMNS] if filled else pd.DataFrame(columns=COLUMNS)
