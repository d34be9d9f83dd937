"""What `tinhgon status` prints: the headline of the site and where its papers are."""

from collections.abc import Iterator
from typing import Any

from pipelines import nightly
from pipelines.settings import Settings

# Headline columns of the SQL model `headline`, with the words printed beside them.
WORDS = {
    "received": "received (tiếp nhận)",
    "not_eligible": "not eligible (không đủ điều kiện)",
    "eligible": "eligible (đủ điều kiện)",
    "early_or_on_time": "finished early or on time (trước hạn, đúng hạn)",
    "late": "finished late (trễ hạn)",
    "open": "still open (đang giải quyết)",
    "withdrawn": "withdrawn (rút hồ sơ)",
    "stopped": "stopped (dừng giải quyết)",
    "no_due": "finished, no due date (không có ngày hẹn trả)",
}
COLUMNS = {"counter": "counter (tại Một cửa)", "others": "other units"}


def status_figures(settings: Settings | None = None) -> dict[str, Any]:
    """The headline by counter, from the SQL models over single dossiers, and the paths of what was made."""
    settings = settings or Settings.from_env()
    with nightly.open_warehouse(settings) as warehouse:
        nights = warehouse.nights()
        if not nights:
            return {"site": settings.site.name, "nights": 0}
        headline = warehouse.read_table("headline")
        posted = len(warehouse.read("procedures_posted"))
    headline["early_or_on_time"] = headline["early"] + headline["on_time"]
    year = int(max(nights)[:4])
    of_year = headline[headline["year"] == year]
    at_counter = of_year["unit_code"] == settings.site.counter_unit
    masks = {"counter": at_counter, "others": ~at_counter}
    out = settings.var / "out"
    made = sorted(path for path in out.rglob("*") if path.is_file()) if out.exists() else []
    return {
        "site": settings.site.name,
        "nights": len(nights),
        "night": max(nights),
        "year": year,
        "headline": {
            name: {column: int(of_year.loc[mask, column].sum()) for column in WORDS} for name, mask in masks.items()
        },
        "procedures_posted": posted,
        "papers": [str(path) for path in made if "thu_xin_loi" not in path.parts],
        "letters": sum(path.parent.name == "thu_xin_loi" and path.suffix == ".docx" for path in made),
        "letters_in": f"{out}/nights/*/thu_xin_loi/",
    }


def status_lines(figures: dict[str, Any]) -> Iterator[str]:
    """The lines of the figures."""
    if not figures["nights"]:
        yield f"{figures['site']}: no night in the warehouse yet"
        return
    yield f"{figures['site']}, {figures['year']}, as of night {figures['night']} ({figures['nights']} nights)"
    yield f"  {'':52}" + "".join(f"{name:>24}" for name in COLUMNS.values())
    for column, words in WORDS.items():
        cells = [figures["headline"][name][column] for name in COLUMNS]
        yield f"  {words:52}" + "".join(f"{cell:>24,}" for cell in cells)
    yield f"  {'procedures posted (thủ tục niêm yết)':52}{figures['procedures_posted']:>24,}"
    yield "Made:"
    for path in figures["papers"]:
        yield f"  {path}"
    yield f"  {figures['letters']} draft apology letters under {figures['letters_in']}"
