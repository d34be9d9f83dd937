"""The overlap map of a family: every pair of its procedures in a matrix, darker where they are more likely one."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from markupsafe import Markup

from analysis.overlap import RELATION_VI

_LETTER = {"duplicate": "T", "level_twin": "C", "overlap": "G", "sibling": "K"}
LEGEND_VI = "; ".join(f"{letter}: {RELATION_VI[relation]}" for relation, letter in _LETTER.items())
_CELL = 30
_LEFT = 84
_READ_OUT = 10


def matrix(cores: Sequence[str], links: Sequence[Mapping[str, Any]]) -> Markup:
    """The matrix as inline SVG; a cell shows the probability in hundredths and the letter of the relation."""
    scores = {(link["a"], link["b"]): (float(link["score"]), str(link["relation"])) for link in links}
    size = len(cores)
    width, height = _LEFT + _CELL * size + 8, 26 + _CELL * size + 4
    told = f"Mức giống nhau của từng cặp trong {size} thủ tục của nhóm"
    said = "; ".join(f"{link['a']} và {link['b']}: {_said(link)}" for link in _likeliest(links))
    parts = [
        f'<svg class="matrix" viewBox="0 0 {width} {height}" width="{width}" role="img" aria-label="{told}"'
        ' font-size="10">',
        f"<title>{told}</title>",
        f"<desc>{escape(said)}</desc>",
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


def hundredths(score: float) -> int:
    """A probability as so many in a hundred; no estimate is certain, so 1 to 99."""
    return min(max(round(100 * float(score)), 1), 99)


def _said(link: Mapping[str, Any]) -> str:
    return f"{RELATION_VI.get(str(link['relation']), 'liên quan')}, {hundredths(link['score'])} trên 100"


def _likeliest(links: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The pairs read out to who cannot see the map: a family of thirty has over four hundred."""
    return sorted(links, key=lambda link: (-float(link["score"]), link["a"], link["b"]))[:_READ_OUT]


def _cell(row: int, column: int, found: tuple[float, str] | None) -> str:
    x, y = _LEFT + _CELL * column, 26 + _CELL * row
    if found is None:
        return f'<rect {_place(x, y)} fill="none" stroke="#bbb"/>'
    score, relation = found
    shade = round(245 - 175 * score)  # grey, so that it prints
    ink = "#fff" if shade < 130 else "#000"
    said = f"{_LETTER.get(relation, '')} {hundredths(score)}".strip()
    return (
        f'<rect {_place(x, y)} fill="rgb({shade},{shade},{shade})"/>'
        f'<text x="{x + _CELL / 2}" y="{y + _CELL / 2 + 4}" text-anchor="middle" fill="{ink}">{said}</text>'
    )


def _place(x: float, y: float) -> str:
    return f'x="{x + 1}" y="{y + 1}" width="{_CELL - 2}" height="{_CELL - 2}"'
