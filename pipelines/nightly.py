"""A night, step by step: the functions the nightly timetable and the command line both call.

Their order is written in `pipelines.night_order`. Every function takes the night (the working day whose data are
collected), can be run again at any time with the same result, and returns small counts only.
"""

import logging
from collections.abc import Callable
from datetime import date

import pandas as pd

from domain.clean import clean
from domain.quarter import Quarter
from pipelines import letters, morning
from pipelines.acts import fold_acts
from pipelines.catalogue import load_dimensions, site_catalogue
from pipelines.collect import collect_unit, manifest_of, settle
from pipelines.contain import Faults
from pipelines.judged import failed_row, read_judged, read_outcome_row
from pipelines.judging import JUDGED_VERSION, judge_night, site_fingerprint
from pipelines.quarter import release as quarter_release
from pipelines.reading.catalogue_table import aside_lines
from pipelines.settings import Settings
from pipelines.strays import strays
from pipelines.unit import Unit
from warehouse import Slice, Warehouse

log = logging.getLogger(__name__)

# A task of four units keeps the scheduler's own cost (about a third of a second a task) small beside the work; a
# large site has larger chunks, so that starting a reading process (half a second) is paid for by few tasks.
UNITS_PER_CHUNK = 4
MOST_CHUNKS = 32

# What a step makes, as the page names it when it could not be made.
_STEP_VI = {"publish": "Trang chất lượng", "apology_letters": "Thư xin lỗi trong đêm", "notify": "Thư báo trong đêm"}


def plan(night: str, *, settings: Settings | None = None) -> list[list[str]]:
    """The units that exist on this night, in chunks for the mapped collection tasks."""
    settings = settings or Settings.from_env()
    units = units_of(settings, night)
    size = max(UNITS_PER_CHUNK, -(-len(units) // MOST_CHUNKS))
    return [units[i : i + size] for i in range(0, len(units), size)]


def units_of(settings: Settings, night: str) -> list[str]:
    """Codes of the units valid on a night, sorted."""
    return settings.site.units_on(date.fromisoformat(night))


def collect(night: str, units: list[str], *, settings: Settings | None = None) -> list[dict[str, object]]:
    """Land and stage what each unit handed in; a unit's own fault is an outcome row, never an exception."""
    settings = settings or Settings.from_env()
    outcomes = [collect_unit(settings, night, unit) for unit in units]
    for outcome in outcomes:
        log.info("night %s unit %s: %s, %s rows", night, outcome.unit_code, outcome.status, outcome.rows_in)
    return [
        {"unit_code": o.unit_code, "status": o.status, "rows_in": o.rows_in, "message": o.message} for o in outcomes
    ]


def judge(night: str, *, settings: Settings | None = None) -> dict[str, object]:
    """Judge all units of the night in one pass (the rule engine is imported once)."""
    settings = settings or Settings.from_env()
    for line in (*strays(settings, [night]), *aside_lines(site_catalogue(settings.site, settings.site_folder).aside)):
        log.warning("%s", line)
    units = units_of(settings, night)
    settle(settings, night, units)
    return judge_night(settings, night, units)


def merge(night: str, *, settings: Settings | None = None) -> dict[str, object]:
    """Bring the judged units of a night into the warehouse, one transaction a (unit, night) slice."""
    settings = settings or Settings.from_env()
    with open_warehouse(settings) as warehouse:
        units = [u for u in units_of(settings, night) if not is_merged(settings, warehouse, night, u)]
        if units:
            refresh_dimensions(settings, warehouse)
        failed = [unit_code for unit_code in units if not merge_unit(settings, warehouse, night, unit_code)]
    done: dict[str, object] = {"night": night, "merged": units}
    return done | ({"failed": failed} if failed else {})


def is_merged(settings: Settings, warehouse: Warehouse, night: str, unit_code: str) -> bool:
    """Whether the warehouse holds exactly this slice already, judged with the site's files as they are now."""
    return warehouse.has_slice(unit_code, night) == _slice_fingerprint(settings, night, unit_code)


def _slice_fingerprint(settings: Settings, night: str, unit_code: str) -> str:
    outcome = read_outcome_row(settings, night, unit_code)
    return f"{JUDGED_VERSION}:{outcome['fingerprint']}:{site_fingerprint(settings.site_folder)}"


def merge_unit(settings: Settings, warehouse: Warehouse, night: str, unit_code: str) -> bool:
    """Replace one slice by what was judged; False when its data were refused and the slice is a FAILED outcome."""
    outcome = read_outcome_row(settings, night, unit_code)
    outcome |= {"fingerprint": _slice_fingerprint(settings, night, unit_code)}
    files = landed_files(settings, night, unit_code)
    faults = Faults()
    with faults.around(unit_code, saying="Dữ liệu không ghi được vào kho"):
        frames = read_judged(settings, night, unit_code).frames
        warehouse.replace_slice(_slice(night, settings.site.unit(unit_code), outcome, files=files, frames=frames))
    for fault in faults.found:
        plain = files.assign(file_name=files["file_name"].map(clean))
        named = plain.drop_duplicates(["source_id", "file_name"])
        warehouse.replace_slice(
            Slice(unit_code=unit_code, night=night, outcome=failed_row(outcome, fault), files=named)
        )
    return not faults.found


def _slice(
    night: str, unit: Unit, outcome: dict[str, object], *, files: pd.DataFrame, frames: dict[str, pd.DataFrame]
) -> Slice:
    return Slice(
        unit_code=unit.code,
        night=night,
        outcome=outcome | {"is_full": unit.is_full},
        numbered_by_us=unit.numbered_by_us,
        files=files,
        dossiers=frames["dossier"],
        steps=frames["step"],
        pauses=frames["pause"],
        quarantine=frames["quarantine"],
        rule_results=frames["results"],
        flags=frames["flags"],
    )


def models(night: str, *, settings: Settings | None = None) -> dict[str, object]:
    """Build the counting tables for the newest night the warehouse holds (not for an old night that is rerun).

    People's words come into the warehouse first: what somebody discarded in the morning is not open in the evening.
    A word that cannot be read stops nobody: the models go by those the warehouse holds, and the page tells it.
    """
    settings, faults = settings or Settings.from_env(), Faults()
    with open_warehouse(settings) as warehouse:
        with faults.around("landing/acts", saying="Có ý kiến quyết định chưa đọc được, tạm tính theo các ý kiến cũ"):
            fold_acts(settings, warehouse)
        morning.keep_faults(warehouse, night, "models", faults)
        newest = max(warehouse.nights())
        warehouse.build_models(as_of=date.fromisoformat(newest))
    done: dict[str, object] = {"night": night, "as_of": newest}
    return done | ({"acts_not_read": [fault.message for fault in faults.found]} if faults.found else {})


def publish(night: str, *, settings: Settings | None = None) -> dict[str, object]:
    """Write the morning page as it stood on this night."""
    settings = settings or Settings.from_env()
    return _papers(settings, night, "publish", lambda at, _: morning.publish_morning(settings, at, night))


def apology_letters(night: str, *, settings: Settings | None = None) -> dict[str, object]:
    """Draft the apology letters that fall due on this night, once per dossier, and the signer's list."""
    settings = settings or Settings.from_env()
    if not settings.site.letters:
        return {"night": night, "letters": "switched off in site.yml"}
    return _papers(
        settings,
        night,
        "apology_letters",
        lambda at, faults: letters.write_night_letters(settings, at, night, faults),
    )


def notify(night: str, *, settings: Settings | None = None) -> dict[str, object]:
    """Mail each recipient what the night brought; the last thing told, so that it tells all that went wrong."""
    settings = settings or Settings.from_env()
    return _papers(settings, night, "notify", lambda at, faults: morning.send_morning(settings, at, night, faults))


def _papers(
    settings: Settings, night: str, step: str, work: Callable[[Warehouse, Faults], dict[str, object]]
) -> dict[str, object]:
    """Make what people read of a night; what cannot be made is a row, the page tells it, and the step ends red."""
    faults, made = Faults(), {}
    with open_warehouse(settings) as warehouse:
        with faults.around(_STEP_VI[step], saying="Chưa làm xong"):
            made = work(warehouse, faults)
        morning.conclude(settings, warehouse, night, step, faults)
    return {"night": night, **made}


def release(night: str, *, settings: Settings | None = None) -> str | None:
    """The quarter that this night completes, once; None when there is nothing to release.

    A night killed between releasing and announcing names its quarter again, until the quarter is analysed.

    A quarter is complete when every unit that exists on its last day has handed in up to that day
    (the last expected night collected, whatever came late).
    """
    settings = settings or Settings.from_env()
    with open_warehouse(settings) as warehouse:
        return quarter_release.release_on(settings, warehouse, night)


def force(today: str, *, settings: Settings | None = None) -> str | None:
    """Release the last ended quarter although units are missing; says so. None when it is out already."""
    settings = settings or Settings.from_env()
    with open_warehouse(settings) as warehouse:
        return quarter_release.force_on(settings, warehouse, today)


def force_quarter(quarter: str, *, settings: Settings | None = None) -> str | None:
    """Release this very quarter by hand, complete or not; None when it is out and nothing is new."""
    settings = settings or Settings.from_env()
    with open_warehouse(settings) as warehouse:
        return quarter_release.force_quarter(settings, warehouse, Quarter.parse(quarter))


def missed(night: str, *, settings: Settings | None = None) -> None:
    """The night itself is late: tell the district, through the same channel as the other alerts."""
    settings = settings or Settings.from_env()
    morning.send_missed_night(settings, night)


def open_warehouse(settings: Settings) -> Warehouse:
    """Open the site's warehouse at the newest revision."""
    warehouse = Warehouse.open(settings.warehouse_url)
    warehouse.migrate()
    return warehouse


def refresh_dimensions(settings: Settings, warehouse: Warehouse) -> None:
    """Units, procedures and calendar as the site's files say now."""
    warehouse.replace_dimensions(load_dimensions(settings.site, settings))


def landed_files(settings: Settings, night: str, unit_code: str) -> pd.DataFrame:
    """The raw files behind a slice: source_id, file_name, sha256, bytes."""
    rows = [
        {"source_id": f.source_id, "file_name": f.file_name, "sha256": f.sha256, "bytes": f.size}
        for f in manifest_of(settings, night, unit_code)
    ]
    return pd.DataFrame(rows, columns=["source_id", "file_name", "sha256", "bytes"])
