"""Charts of the quarter book: Vega-Lite drawn to SVG that sits inside the page, with no script and no request.

Every chart takes rows of plain values and gives markup; the same rows give the same bytes. Colours differ in
lightness as well as hue, and shape or position always carries the meaning too.
"""

import hashlib
import re
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup, escape

from pipelines.publish import formats

Row = dict[str, Any]
Spec = dict[str, Any]

BLUE, AMBER, GREEN, RED, GREY, PALE = "#1f4e79", "#d9a12b", "#2f7d4f", "#b3261e", "#8795a1", "#c9d6e3"
WIDTH = 560
LINE_LENGTH, MOST_LINES = 46, 3
ZERO_WIDTH = "\u200b"
PLAIN = ",.12~g"  # without a precision Vega takes it from the ticks, and writes 10 as 1e+1
LOCALE = {"decimal": ",", "thousands": ".", "grouping": [3], "currency": ["", " đồng"], "percent": "\u00a0%"}
CONFIG: Spec = {
    "font": "Liberation Sans, Arial, sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "labelLimit": 330,
        "gridColor": "#e3e8ed",
    },
    "legend": {"orient": "top", "title": None, "labelFontSize": 12, "symbolSize": 110, "labelLimit": 420},
}


def late_shares(rows: Sequence[Row], *, title: str) -> Markup:
    """Kaplan-Meier share with its interval (dot and line) beside the closed-only share (hollow diamond).

    rows: label, km, low, high, closed (shares 0..1; closed may be None)
    """
    data = labelled(rows)
    order = [row["label"] for row in data]
    scale = {
        "domain": [
            0,
            min(1.0, max([*(row["high"] for row in data), *(row["closed"] or 0 for row in data), 0.1]) * 1.05),
        ]
    }
    across = {
        "type": "quantitative",
        "scale": scale,
        "axis": {"format": ".0%", "title": "Tỷ lệ hồ sơ trễ hạn", "tickCount": 8},
    }
    down = names_axis(order)
    points = [
        {"label": row["label"], "share": row[key], "what": what}
        for row in data
        for key, what in (("km", KM), ("closed", CLOSED))
        if row[key] is not None
    ]
    kinds = {"domain": [KM, CLOSED], "range": [BLUE, AMBER]}
    layers: list[Spec] = [
        {
            "data": {"values": data},
            "mark": {"type": "rule", "strokeWidth": 3, "color": PALE},
            "encoding": {"y": down, "x": {"field": "low", **across}, "x2": {"field": "high"}},
        },
        {
            "data": {"values": points},
            "mark": {"type": "point", "filled": True, "size": 90, "opacity": 1},
            "encoding": {
                "y": down,
                "x": {"field": "share", **across},
                "color": {"field": "what", "type": "nominal", "scale": kinds},
                "shape": {
                    "field": "what",
                    "type": "nominal",
                    "scale": {"domain": [KM, CLOSED], "range": ["circle", "diamond"]},
                },
            },
        },
    ]
    return draw({"layer": layers, "height": {"step": 44}}, title=title)


KM = "Ước lượng có tính hồ sơ đang giải quyết (vạch: khoảng tin cậy 95 %)"
CLOSED = "Chỉ tính hồ sơ đã giải quyết"


def stacked(
    rows: Sequence[Row], parts: Sequence[tuple[str, str, str]], *, title: str, axis: str, columns: int = 0
) -> Markup:
    """Lying bars cut into parts, in shares of each row's whole.

    parts: (key, words, colour); columns: of the legend, 0 for as many as there are parts
    """
    told = labelled(rows)
    data = [
        {"label": row["label"], "words": words, "value": row[key], "place": place}
        for row in told
        for place, (key, words, _) in enumerate(parts)
    ]
    spec = {
        "data": {"values": data},
        "mark": {"type": "bar", "stroke": "white"},
        "height": {"step": 44},
        "encoding": {
            "y": names_axis([row["label"] for row in told]),
            "x": {
                "field": "value",
                "type": "quantitative",
                "stack": "normalize",
                "axis": {"format": ".0%", "title": axis},
            },
            "color": {
                "field": "words",
                "type": "nominal",
                "scale": {"domain": [words for _, words, _ in parts], "range": [colour for _, _, colour in parts]},
                "legend": {"columns": columns},
            },
            "order": {"field": "place"},
        },
    }
    return draw(spec, title=title)


def spans(rows: Sequence[Row], *, ends: tuple[tuple[str, str], tuple[str, str]], title: str, axis: str) -> Markup:
    """Two values a row joined by a line: planned and actual, now and proposed. rows: label, the keys of `ends`."""
    (one, one_words), (two, two_words) = ends
    data = labelled(rows)
    down = names_axis([row["label"] for row in data])
    across = {
        "type": "quantitative",
        "axis": {"title": axis, "tickCount": 8, "format": PLAIN},
        "scale": {"zero": True},
    }
    points = [
        {"label": row["label"], "days": row[key], "what": words}
        for row in data
        for key, words in ((one, one_words), (two, two_words))
    ]
    domain = [one_words, two_words]
    layers: list[Spec] = [
        {
            "data": {"values": data},
            "mark": {"type": "rule", "strokeWidth": 3, "color": PALE},
            "encoding": {"y": down, "x": {"field": one, **across}, "x2": {"field": two}},
        },
        {
            "data": {"values": points},
            "mark": {"type": "point", "filled": True, "size": 100, "opacity": 1},
            "encoding": {
                "y": down,
                "x": {"field": "days", **across},
                "color": {"field": "what", "type": "nominal", "scale": {"domain": domain, "range": [GREY, BLUE]}},
                "shape": {
                    "field": "what",
                    "type": "nominal",
                    "scale": {"domain": domain, "range": ["square", "circle"]},
                },
            },
        },
    ]
    return draw({"layer": layers, "height": {"step": 44}}, title=title)


def bars(rows: Sequence[Row], *, value: str, title: str, axis: str) -> Markup:
    """Lying bars with their figures. rows: label and `value`."""
    data = [row | {"figure": formats.number(row[value])} for row in labelled(rows)]
    down = names_axis([row["label"] for row in data])
    across = {"field": value, "type": "quantitative", "axis": {"title": axis, "format": ",.0f", "tickCount": 6}}
    spec = {
        "data": {"values": data},
        "height": {"step": 44},
        "layer": [
            {"mark": {"type": "bar", "color": BLUE, "height": 18}, "encoding": {"y": down, "x": across}},
            {
                "mark": {"type": "text", "align": "left", "dx": 4, "fontSize": 12},
                "encoding": {"y": down, "x": across, "text": {"field": "figure"}},
            },
        ],
    }
    return draw(spec, title=title)


def draw(spec: Spec, *, title: str) -> Markup:
    """A Vega-Lite spec as an SVG element for an HTML page; `title` is what a screen reader says."""
    import vl_convert  # noqa: PLC0415 - heavy, and only a quarter needs it

    whole = {"width": WIDTH, "config": CONFIG, **spec}
    return Markup(inline(vl_convert.vegalite_to_svg(whole, format_locale=LOCALE), title))


def inline(svg: str, title: str) -> str:
    """The drawing without namespaces, fixed size or ids that could clash; it is read aloud as one image."""
    found = re.search(r"<svg[^>]*?viewBox=\"([^\"]+)\"[^>]*>(.*)</svg>\s*$", svg, flags=re.DOTALL)
    if found is None:
        raise ValueError("the chart library gave no SVG with a viewBox")
    box, body = found.groups()
    key = id_prefix(title)
    # The library numbers its ids on from chart to chart: ours begin anew, or the bytes would tell what came before.
    ids = {old: f"{key}-{place}" for place, old in enumerate(dict.fromkeys(re.findall(r'\bid="([^"]+)"', body)))}
    body = re.sub(r'\bid="([^"]+)"', lambda found: f'id="{ids[found[1]]}"', body)
    body = re.sub(r"url\(#([^)]+)\)", lambda found: f"url(#{ids[found[1]]})", body)
    body = re.sub(r'\s(?:role|aria-[a-z]+)="[^"]*"', "", body)
    width = float(box.split()[2])
    return (
        f'<svg class="chart" viewBox="{box}" style="max-width:{width:.0f}px" role="img" aria-label="{escape(title)}">'
        f"<title>{escape(title)}</title>{body}</svg>"
    )


def id_prefix(title: str) -> str:
    """A short id prefix that differs from chart to chart, by its title."""
    return "c" + hashlib.sha256(title.encode()).hexdigest()[:8]


def names_axis(order: Sequence[str]) -> Spec:
    """The axis down the side that has one name a row, in this order, long ones on several lines."""
    return {
        "field": "label",
        "type": "nominal",
        "sort": list(order),
        "axis": {
            "title": None,
            "labelExpr": "split(datum.label, '\\n')",
            "labelLineHeight": 14,
            "ticks": False,
            "domain": False,
        },
    }


def labelled(rows: Sequence[Row]) -> list[Row]:
    """The rows with their labels folded; two long names cut at the same place still get a line each."""
    seen: dict[str, int] = {}
    found = []
    for row in rows:
        label = folded(str(row["label"]))
        seen[label] = seen.get(label, -1) + 1
        found.append(row | {"label": label + ZERO_WIDTH * seen[label]})
    return found


def folded(label: str, *, length: int = LINE_LENGTH, most: int = MOST_LINES) -> str:
    """A long name on a few lines, the rest cut with an ellipsis (the table has it whole)."""
    lines: list[str] = [""]
    for word in label.split():
        if len(lines[-1]) + len(word) + 1 <= length or not lines[-1]:
            lines[-1] = f"{lines[-1]} {word}".strip()
        else:
            lines.append(word)
    if len(lines) > most:
        lines = [*lines[: most - 1], f"{lines[most - 1]} …"]
    return "\n".join(lines)
