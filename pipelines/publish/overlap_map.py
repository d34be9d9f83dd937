"""The overlap map of a family: every pair of its procedures in a matrix, darker where they are more likely one."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from markupsafe import Markup

_LETTER = {"duplicate": "T", "level_twin": "C", "overlap": "G", "sibling": "K"}
LEGEND_VI = "T: trùng lặp; C: cùng thủ tục ở hai cấp; G: chồng chéo một phần; K: cùng đối tượng, khác loại việc"
_CELL = 30
_LEFT = 84


def matrix(cores: Sequence[str], links: Sequence[Mapping[str, Any]]) -> Markup:
    """The matrix as inline SVG; a cell shows the probability in hundredths and the letter of the relation."""
    scores = {(link["a"], link["b"]): (float(link["score"]), str(link["relation"])) for link in links}
    size = len(cores)
    width, height = _LEFT + _CELL * size + 8, 26 + _CELL * size + 4
    told = f"Mức khả năng là một thủ tục giữa {size} thủ tục của nhóm, tính theo phần trăm"
    parts = [
        f'<svg class="matrix" viewBox="0 0 {width} {height}" width="{width}" role="img" aria-label="{told}"'
        ' font-size="10">',
        f"<title>{told}</title>",
    ]
    for i, core in enumerate(cores):
        middle = 26 + _CELL * i + _CELL / 2
        parts.append(f'<text x="{_LEFT - 6}" y="{middle + 4}" text-anchor="end">{i + 1}. {escape(core)}</text>')
        parts.append(f'<text x="{_LEFT + _CELL * i + _CELL / 2}" y="18" text-anchor="middle">{i + 1}</text>')
    for i, one in enumerate(cores):
        for j, other in enumerate(cores):
            if i != j:
                parts.append(_cell(i, j, scores.get((one, other)) or scores.get((other, one))))
    return Markup("".join([*parts, "</svg>"]))


def _cell(row: int, column: int, found: tuple[float, str] | None) -> str:
    x, y = _LEFT + _CELL * column, 26 + _CELL * row
    if found is None:
        return f'<rect {_place(x, y)} fill="none" stroke="#bbb"/>'
    score, relation = found
    shade = round(245 - 175 * score)  # grey, so that it prints
    ink = "#fff" if shade < 130 else "#000"
    said = f"{_LETTER.get(relation, '')} {round(100 * score)}"
    return (
        f'<rect {_place(x, y)} fill="rgb({shade},{shade},{shade})"/>'
        f'<text x="{x + _CELL / 2}" y="{y + _CELL / 2 + 4}" text-anchor="middle" fill="{ink}">{said}</text>'
    )


def _place(x: float, y: float) -> str:
    return f'x="{x + 1}" y="{y + 1}" width="{_CELL - 2}" height="{_CELL - 2}"'
