"""Charts about slowness: funnel of units, survival and limit curves, ladders of time, backlog and trend lines.

Rows of plain values in, markup out, as in `charts`; what a colour says, a shape, a place or a word says too.
"""

from collections.abc import Sequence

from markupsafe import Markup

from pipelines.publish import formats
from pipelines.publish.charts import (
    AMBER,
    BLUE,
    GREEN,
    GREY,
    PALE,
    PLAIN,
    RED,
    Row,
    Spec,
    draw,
    folded,
    labelled,
    names_axis,
)

SMALL = 350  # width of a chart that stands beside another
WASH = "#e6edf4"
PLACES = {
    "ABOVE": ("Nhiều hơn dự kiến", RED, "triangle-up"),
    "NEAR": ("Trên khoảng 95 %, chưa đủ căn cứ", AMBER, "diamond"),
    "USUAL": ("Trong khoảng bình thường", BLUE, "circle"),
    "BELOW": ("Ít hơn dự kiến", GREEN, "triangle-down"),
}
NAMED_POINTS = 12
FUNNEL = (700, 340)
LETTER, LINE = 5.8, 13.0  # about the room a letter and a line take in the names of a funnel


def funnel(points: Sequence[Row], *, limits: Sequence[Row], whole: float, title: str) -> Markup:
    """Late share against the number of dossiers, between the limits chance leaves; `whole`: share of all together.

    points: n, share, name ('' for one that may not be named), place (of PLACES); low95, high95, low998, high998: its
    own limits, drawn as an upright band; limits: n and the same, for all points alike, drawn as areas instead
    """
    top = max([0.1, whole * 2, *(row["share"] for row in points)])
    across = {
        "type": "quantitative",
        "scale": {"type": "sqrt", "domain": [0, max(row["n"] for row in points) * 1.12]},
        "axis": {"title": "Số hồ sơ đã đến hạn (thang căn bậc hai)", "tickCount": 8, "format": ",.0f"},
    }
    up = {
        "type": "quantitative",
        "scale": {"domain": [0, min(1.0, top * 1.08)]},
        "axis": {"format": ".0%", "title": "Tỷ lệ trễ nếu cùng loại hồ sơ", "tickCount": 6},
    }
    areas = [
        {
            "data": {"values": [dict(row) for row in limits]},
            "mark": {"type": "area", "color": colour, "opacity": 1, "clip": True},
            "encoding": {"x": {"field": "n", **across}, "y": {"field": low, **up}, "y2": {"field": high}},
        }
        for low, high, colour in (("low998", "high998", WASH), ("low95", "high95", PALE))
    ]
    bands = [
        {
            "data": {"values": [row for row in points if low in row and not limits]},
            "mark": {"type": "rule", "color": colour, "strokeWidth": 9, "clip": True},
            "encoding": {"x": {"field": "n", **across}, "y": {"field": low, **up}, "y2": {"field": high}},
        }
        for low, high, colour in (("low998", "high998", WASH), ("low95", "high95", PALE))
    ]
    level = {
        "data": {"values": [{"share": whole}]},
        "mark": {"type": "rule", "color": GREY, "strokeDash": [5, 3]},
        "encoding": {"y": {"field": "share", **up}},
    }
    return draw(
        {"layer": [*areas, *bands, level, *_points(points, across, up)], "width": FUNNEL[0], "height": FUNNEL[1]},
        title=title,
    )


def _points(points: Sequence[Row], across: Spec, up: Spec) -> list[Spec]:
    kept = [key for key in PLACES if any(row["place"] == key for row in points)]
    told = [row | {"word": PLACES[row["place"]][0] if row["name"] else UNNAMED} for row in points]
    words = [PLACES[key][0] for key in kept] + ([UNNAMED] if any(not row["name"] for row in points) else [])
    colours = [PLACES[key][1] for key in kept] + [GREY]
    shapes = [PLACES[key][2] for key in kept] + ["circle"]
    place = {"x": {"field": "n", **across}, "y": {"field": "share", **up}}
    dots = {
        "data": {"values": told},
        "mark": {"type": "point", "filled": True, "size": 80, "opacity": 1, "stroke": "white", "strokeWidth": 0.7},
        "encoding": place
        | {
            "color": {
                "field": "word", "type": "nominal", "scale": {"domain": words, "range": colours[: len(words)]},
                "legend": {"columns": 2},
            },
            "shape": {"field": "word", "type": "nominal", "scale": {"domain": words, "range": shapes[: len(words)]}},
        },
    }  # fmt: skip
    return [dots, *_labels(told, place)]


UNNAMED = "Đơn vị ít hồ sơ, không nêu tên"


def _labels(points: Sequence[Row], place: Spec) -> list[Spec]:
    """Names beside the points furthest from the rest first, those that would lie on another name left out."""
    order = {"ABOVE": 0, "BELOW": 1, "NEAR": 2, "USUAL": 3}
    named = [row for row in points if row["name"]]
    if len(named) > NAMED_POINTS:  # in a crowd only those that stand out, and the largest
        named = [row for row in named if row["place"] != "USUAL" or row is named[-1]]
    chosen = sorted(named, key=lambda row: (order[row["place"]], -row["n"]))
    (_, right), (_, top) = place["x"]["scale"]["domain"], place["y"]["scale"]["domain"]
    taken: list[tuple[float, float, float]] = []
    told: dict[str, list[Row]] = {"left": [], "right": []}
    for row in chosen:
        name = folded(row["name"], length=38, most=2).replace("\n", " ")
        x, y = (row["n"] / right) ** 0.5 * FUNNEL[0], (1 - row["share"] / top) * FUNNEL[1]
        align = "left" if x + len(name) * LETTER < FUNNEL[0] else "right"
        start = x if align == "left" else x - len(name) * LETTER
        end = start + len(name) * LETTER
        free = all(abs(y - at) >= LINE or end <= first or start >= last for first, last, at in taken)
        if free and len(taken) < NAMED_POINTS:
            taken.append((start, end, y))
            told[align].append(row | {"short": name})
    layers = []
    for align, dx in (("left", 8), ("right", -8)):
        mark = {"type": "text", "align": align, "dx": dx, "dy": -6, "fontSize": 11, "limit": 300}
        if told[align]:
            data = {"values": told[align]}
            layers.append({"data": data, "mark": mark, "encoding": place | {"text": {"field": "short"}}})
    return layers


def survival(points: Sequence[Row], *, limit: float | None, late: float | None, title: str) -> Markup:
    """Share still open against working days with its interval; the limit as an upright line.

    points: days, share, low, high, in order; `late`: the late share, written beside the line
    """
    # Room for the words right of the line, where the curve is low.
    last = max(points[-1]["days"], (limit or 0) * 1.8, 1.0)
    across = _days(last, "Ngày làm việc kể từ khi tiếp nhận")
    up = _share("Hồ sơ chưa giải quyết xong", 1.0)
    layers = [*_band(points, across, up, interpolate="step-after")]
    if limit is not None:
        said = f"hạn {formats.plain_number(limit)} ngày"
        if late is not None:
            said += f": trễ {formats.percent(late)}"
        layers += _upright(limit, said, RED, across, line=0)
    return draw({"layer": layers, "width": SMALL, "height": 190}, title=title)


def limit_curve(points: Sequence[Row], *, now: float, proposed: float | None, title: str) -> Markup:
    """The share that would be late against the limit, with its interval; today's limit and the proposed one.

    points: days, share, low, high, in order
    """
    last = max(points[-1]["days"], now * 1.4, 1.0)
    across = _days(last, "Thời hạn (ngày làm việc)")
    # A limit that leaves half of the dossiers late is out of the question: the room is for the small shares.
    up = _share("Hồ sơ sẽ quá hạn", 0.5 if any(row["share"] < 0.4 for row in points) else 1.0)
    layers = [*_band(points, across, up, interpolate="step-after")]
    layers += _upright(now, f"hiện nay {formats.plain_number(now)} ngày", "#5b6874", across, line=0)
    if proposed is not None:
        layers += _upright(proposed, f"có thể {formats.plain_number(proposed)} ngày", GREEN, across, line=1)
    return draw({"layer": layers, "width": SMALL, "height": 190}, title=title)


def _days(last: float, words: str) -> Spec:
    axis = {"title": words, "tickCount": 7, "format": PLAIN}
    return {"type": "quantitative", "scale": {"domain": [0, last], "nice": False}, "axis": axis}


def _share(words: str, top: float) -> Spec:
    return {
        "type": "quantitative",
        "scale": {"domain": [0, top]},
        "axis": {"title": words, "format": ".0%", "tickCount": 5},
    }


def _band(points: Sequence[Row], across: Spec, up: Spec, *, interpolate: str) -> list[Spec]:
    data = {"values": [dict(row) for row in points]}
    x = {"field": "days", **across}
    return [
        {
            "data": data,
            "mark": {"type": "area", "color": PALE, "interpolate": interpolate, "clip": True},
            "encoding": {"x": x, "y": {"field": "low", **up}, "y2": {"field": "high"}},
        },
        {
            "data": data,
            "mark": {"type": "line", "color": BLUE, "strokeWidth": 2, "interpolate": interpolate, "clip": True},
            "encoding": {"x": x, "y": {"field": "share", **up}},
        },
    ]


def _upright(at: float, words: str, colour: str, across: Spec, *, line: int) -> list[Spec]:
    """An upright line with its words on the right of its top; `line`: how many lines of words are above them."""
    x = {"field": "days", **across}
    data = {"values": [{"days": at, "words": words}]}
    return [
        {
            "data": data,
            "mark": {"type": "rule", "color": colour, "strokeWidth": 2, "strokeDash": [6, 3]},
            "encoding": {"x": x},
        },
        *_words(
            data,
            {"align": "left", "dx": 5, "fontWeight": "bold", "color": colour},
            {"x": x, "y": {"value": 8 + 16 * line}, "text": {"field": "words"}},
        ),
    ]


def _words(data: Spec, mark: Spec, encoding: Spec) -> list[Spec]:
    """Words that stay readable over a line: first as a white rim, then as they are."""
    text = {"type": "text", "fontSize": 12, **mark}
    rim = text | {"color": "white", "stroke": "white", "strokeWidth": 4, "strokeJoin": "round"}
    return [{"data": data, "mark": each, "encoding": encoding} for each in (rim, text)]


def ladder(rows: Sequence[Row], *, title: str, axis: str) -> Markup:
    """Bars that each begin where the one before ended, with a tick where the plan would be by then.

    rows: label, start, end, figure (written behind the bar), colour, tone (words of the legend; '' for none);
    plan_end or None
    """
    data = labelled(rows)
    down = names_axis([row["label"] for row in data])
    top = max(max(row["end"], row.get("plan_end") or 0.0) for row in data)
    across = {
        "type": "quantitative",
        "scale": {"domain": [0, top * 1.14]},
        "axis": {"title": axis, "tickCount": 8, "format": PLAIN},
    }
    tones = dict.fromkeys((row["tone"], row["colour"]) for row in data if row["tone"])
    scale = {"domain": [tone for tone, _ in tones], "range": [colour for _, colour in tones]}
    plain = {"field": "colour", "type": "nominal", "scale": None}
    layers: list[Spec] = [
        {
            "data": {"values": data},
            "mark": {"type": "bar", "height": 18},
            "encoding": {
                "y": down, "x": {"field": "start", **across}, "x2": {"field": "end"},
                "color": {"field": "tone", "type": "nominal", "scale": scale} if tones else plain,
            },
        },
        {
            "data": {"values": data},
            "mark": {"type": "text", "align": "left", "dx": 5, "fontSize": 12},
            "encoding": {"y": down, "x": {"field": "end", **across}, "text": {"field": "figure"}},
        },
    ]  # fmt: skip
    planned = [row for row in data if row.get("plan_end") is not None]
    if planned:
        layers.insert(
            1,
            {
                "data": {"values": planned},
                "mark": {"type": "tick", "thickness": 3, "size": 28, "opacity": 1, "color": "#1d2733"},
                "encoding": {"y": down, "x": {"field": "plan_end", **across}},
            },
        )
    return draw({"layer": layers, "height": {"step": 40}}, title=title)


def backlog(weeks: Sequence[Row], *, is_growing: bool, title: str) -> Markup:
    """What is left at the end of each week. weeks: week (YYYY-MM-DD), backlog"""
    data = {"values": [dict(row) for row in weeks]}
    x = {
        "field": "week", "type": "temporal", "scale": {"type": "utc"},
        "axis": {"title": None, "format": "%m/%Y", "tickCount": 5, "labelOverlap": True},
    }  # fmt: skip
    y = {
        "field": "backlog", "type": "quantitative", "scale": {"zero": True},
        "axis": {"title": "Hồ sơ chưa xong", "tickCount": 4, "format": ",.0f"},
    }  # fmt: skip
    colour = RED if is_growing else BLUE
    last = {"values": [weeks[-1] | {"words": formats.number(weeks[-1]["backlog"])}]}
    layers: list[Spec] = [
        {"data": data, "mark": {"type": "area", "color": WASH}, "encoding": {"x": x, "y": y}},
        {"data": data, "mark": {"type": "line", "color": colour, "strokeWidth": 2}, "encoding": {"x": x, "y": y}},
        {"data": last, "mark": {"type": "point", "filled": True, "color": colour, "size": 50},
         "encoding": {"x": x, "y": y}},
        *_words(last, {"align": "left", "dx": 7, "fontWeight": "bold", "color": colour},
                {"x": x, "y": y, "text": {"field": "words"}}),
    ]  # fmt: skip
    return draw({"layer": layers, "width": SMALL, "height": 130}, title=title)


def quarters(rows: Sequence[Row], *, title: str) -> Markup:
    """Late share by quarter with its interval. rows: label, late_share, low, high, due_n; in order"""
    data = {"values": [row | {"figure": formats.percent(row["late_share"])} for row in rows]}
    x = {
        "field": "label", "type": "ordinal", "sort": [row["label"] for row in rows],
        "axis": {"title": "Quý tiếp nhận", "labelAngle": 0},
    }  # fmt: skip
    top = max([0.1, *(row["high"] for row in rows)]) * 1.12
    up = _share("Tỷ lệ trễ trong số đã đến hạn", min(1.0, top))
    layers: list[Spec] = [
        {"data": data, "mark": {"type": "rule", "strokeWidth": 3, "color": PALE},
         "encoding": {"x": x, "y": {"field": "low", **up}, "y2": {"field": "high"}}},
        {"data": data, "mark": {"type": "line", "color": BLUE, "strokeWidth": 1.5},
         "encoding": {"x": x, "y": {"field": "late_share", **up}}},
        {"data": data, "mark": {"type": "point", "filled": True, "color": BLUE, "size": 80, "opacity": 1},
         "encoding": {"x": x, "y": {"field": "late_share", **up}}},
        *_words(data, {"dx": 8, "dy": -10, "align": "left"},
                {"x": x, "y": {"field": "late_share", **up}, "text": {"field": "figure"}}),
    ]  # fmt: skip
    return draw({"layer": layers, "height": 220}, title=title)
