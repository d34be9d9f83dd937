"""What the first page of the quarter book says about slowness, only where there is something to say."""

from pipelines.publish import formats, slow_view, step_view, trend_view
from pipelines.publish.inputs import QuarterPapers

MOST_NAMED = 3


def slow_sentences(papers: QuarterPapers) -> list[str]:
    """Units above what their dossiers let expect, the largest cause of waiting, what became worse."""
    found = [_units(papers), _waiting(papers), _trend(papers)]
    return [sentence for sentence in found if sentence]


def _units(papers: QuarterPapers) -> str:
    rows = slow_view.compared_units(papers)
    above = [row for row in rows if row["words"] == slow_view.WORDS["ABOVE"][0]]
    if not above:
        return ""
    told = "; ".join(
        f"{row['name']} ({formats.number(row['late'])} hồ sơ trễ trên {formats.number(row['n'])} đã đến hạn, dự kiến "
        f"{formats.plain_number(row['expected'])})"
        for row in above[:MOST_NAMED]
    )
    return (
        f"So với nơi khác khi giải quyết cùng loại hồ sơ, {len(above)} trên {len(rows)} đơn vị được so sánh có số "
        f"hồ sơ trễ nhiều hơn dự kiến, ngoài mức ngẫu nhiên: {told}{_more(above)}."
    )


def _waiting(papers: QuarterPapers) -> str:
    whole = step_view.waiting_total(papers)
    if whole is None or whole["n"] <= papers.minimum_group:
        return ""
    known = [row for row in whole["rows"] if row["cause"] != "rest"]
    rest = 1.0 - sum(row["share"] for row in known)
    main = known[0] if known else None
    told = (
        f"nguyên nhân lớn nhất là {formats.uncapital(main['label'])} ({formats.percent(main['share'])})"
        if main and main["share"] > rest
        else f"{formats.percent(rest)} chưa rõ nguyên nhân"
        + (
            f", phần biết được lớn nhất là {formats.uncapital(main['label'])} ({formats.percent(main['share'])})"
            if main
            else ""
        )
    )
    return (
        f"Trước khi được xử lý, {formats.number(whole['n'])} lượt của các bước phải chờ tổng cộng "
        f"{formats.number(whole['days'])} ngày làm việc; {told}."
    )


def _trend(papers: QuarterPapers) -> str:
    whole = trend_view.whole_trend(papers)
    first = [whole | {"label": "các đơn vị gộp lại"}] if whole and whole["verdict"] == "WORSE" else []
    changed = [row for row in trend_view.trends(papers)["changed"] if row["verdict"] == "WORSE"]
    worse = [*first, *changed]
    if not worse:
        return ""
    told = "; ".join(
        f"{row['label']} (từ {formats.percent(row['share_base'])} trên {formats.number(row['n_base'])} hồ sơ lên "
        f"{formats.percent(row['share_now'])} trên {formats.number(row['n_now'])} hồ sơ)"
        for row in worse[:MOST_NAMED]
    )
    bases = dict.fromkeys(row["compared_vi"] for row in worse[:MOST_NAMED])
    return f"Tỷ lệ trễ tăng rõ so với {' hoặc '.join(bases)}: {told}{_more(worse)} (phần 7)."


def _more(rows: list[dict[str, object]]) -> str:
    return f"; và {len(rows) - MOST_NAMED} trường hợp khác" if len(rows) > MOST_NAMED else ""
