"""What `tinhgon status` prints: the headline of the site and where its papers are."""

from collections.abc import Iterator

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


def status_lines(settings: Settings | None = None) -> Iterator[str]:
    """The headline by counter, from the SQL models over single dossiers, and the paths of what was made."""
    settings = settings or Settings.from_env()
    with nightly.open_warehouse(settings) as warehouse:
        nights = warehouse.nights()
        if not nights:
            yield f"{settings.site.name}: no night in the warehouse yet"
            return
        headline = warehouse.read_table("headline")
        posted = len(warehouse.read("procedures_posted"))
    headline["early_or_on_time"] = headline["early"] + headline["on_time"]
    counter = settings.site.counter_unit
    year = int(max(nights)[:4])
    of_year = headline[headline["year"] == year]
    columns = {
        "counter (tại Một cửa)": of_year["unit_code"] == counter,
        "other units": of_year["unit_code"] != counter,
    }
    yield f"{settings.site.name}, {year}, as of night {max(nights)} ({len(nights)} nights)"
    yield f"  {'':52}" + "".join(f"{name:>24}" for name in columns)
    for column, words in WORDS.items():
        cells = [int(of_year.loc[mask, column].sum()) for mask in columns.values()]
        yield f"  {words:52}" + "".join(f"{cell:>24,}" for cell in cells)
    yield f"  {'procedures posted (thủ tục niêm yết)':52}{posted:>24,}"
    out = settings.var / "out"
    papers = sorted(p for p in out.rglob("*") if p.is_file() and "thu_xin_loi" not in p.parts) if out.exists() else []
    yield "Made:"
    for path in papers:
        yield f"  {path}"
    letters = len(list(out.rglob("thu_xin_loi/*.docx"))) if out.exists() else 0
    yield f"  {letters} draft apology letters under {out}/nights/*/thu_xin_loi/"
