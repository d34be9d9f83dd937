"""Small drawings for the morning page, made by hand so that a night needs no chart library."""

from collections.abc import Sequence

from markupsafe import Markup, escape

from pipelines.publish import formats

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 640, 170, 44, 26, 16


def bars(labels: Sequence[str], values: Sequence[float], *, title: str, unit: str) -> Markup:
    """Upright bars with their figures on top; the last bar (tonight) is the dark one. The title is read aloud."""
    top = max([*values, 1])
    slot = (WIDTH - LEFT) / max(len(values), 1)
    width = min(slot * 0.62, 46)
    room = HEIGHT - BOTTOM - TOP
    parts = [
        f'<svg class="bars" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">',
        f"<title>{escape(title)}</title>",
        f'<line x1="{LEFT}" y1="{HEIGHT - BOTTOM}" x2="{WIDTH}" y2="{HEIGHT - BOTTOM}" class="axis"/>',
        f'<text x="0" y="{TOP - 4}" class="unit">{escape(unit)}</text>',
    ]
    for place, (label, value) in enumerate(zip(labels, values, strict=True)):
        height = room * value / top
        x, middle = LEFT + slot * place + (slot - width) / 2, LEFT + slot * (place + 0.5)
        y = HEIGHT - BOTTOM - height
        tone = "now" if place == len(values) - 1 else "before"
        parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" class="{tone}"/>')
        parts.append(f'<text x="{middle:.1f}" y="{y - 4:.1f}" class="figure">{formats.number(value)}</text>')
        parts.append(f'<text x="{middle:.1f}" y="{HEIGHT - 9}" class="label">{escape(label)}</text>')
    return Markup("".join([*parts, "</svg>"]))


def shares(parts: Sequence[tuple[str, float, str]], *, title: str) -> Markup:
    """One lying bar cut into shares: (words, value, class). Its figures stand in the table beside it."""
    total = sum(value for _, value, _ in parts) or 1
    drawn = [
        '<svg class="shares" viewBox="0 0 640 26" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(title)}">'
    ]
    drawn.append(f"<title>{escape(title)}</title>")
    x = 0.0
    for words, value, tone in parts:
        width = 640 * value / total
        drawn.append(
            f'<rect x="{x:.1f}" y="0" width="{width:.1f}" height="26" class="{tone}">'
            f"<title>{escape(words)}: {formats.number(value)}</title></rect>"
        )
        x += width
    return Markup("".join([*drawn, "</svg>"]))
