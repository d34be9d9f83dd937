"""A site is a folder of YAML and CSV: `site.yml`, `units/<code>.yml`, `calendar.csv`, `catalogue/`."""

from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from domain.clean import Grammar, code_of
from domain.errors import KnownError
from pipelines.places import check_places
from pipelines.reading.limits import ReadingLimits
from pipelines.strict import Strict, read_model
from pipelines.unit import Cell, Contact, Control, Correction, DeriveStatus, Source, Unit

if TYPE_CHECKING:
    from domain.calendar import WorkCalendar
    from domain.cost import HourlyRate

__all__ = [
    "Catalogue", "Contact", "Control", "Correction", "DeriveStatus", "Site", "Source", "Unit", "load_site",
]  # fmt: skip


class CatalogueProcedure(Strict):
    """A procedure named in site.yml itself, for a site without a catalogue. `limit_unit` as in the catalogue."""

    code: str
    name: str
    field_code: str | None = None
    field_name: str | None = None
    level: str | None = None
    limit_quantity: float | None = None
    limit_unit: Literal["WORKING_DAY", "DAY", "HOUR"] | None = None
    no_due: bool = False
    valid_from: date = date(1900, 1, 1)
    valid_to: date | None = None

    @model_validator(mode="after")
    def _limit_is_whole(self) -> "CatalogueProcedure":
        if (self.limit_quantity is None) != (self.limit_unit is None):
            raise ValueError("limit_quantity and limit_unit belong together")
        return self


class Catalogue(Strict):
    """Where the procedures come from: a folder (of CSV, or of dated snapshots), a file, or the list below."""

    format: Literal["folder", "file", "none"]
    place: str | None = None
    constants: dict[str, Cell] = Field(default_factory=dict)
    procedures: list[CatalogueProcedure] = Field(default_factory=list)

    @model_validator(mode="after")
    def _place_is_given(self) -> "Catalogue":
        if self.format != "none" and not self.place:
            raise ValueError(f"catalogue format [{self.format}] needs a place")
        if self.format != "none" and self.procedures:
            raise ValueError("procedures are listed here only with format none")
        return self


class Targets(Strict):
    """What the site has promised: the share of late dossiers it tolerates."""

    late_share: float = Field(default=0.1, ge=0, le=1)


class RuleOff(Strict):
    """A rule switched off, and why."""

    id: str
    reason: str = Field(min_length=5)


class Rules(Strict):
    """Rules switched off with a reason, and moved thresholds."""

    off: list[RuleOff] = Field(default_factory=list)
    limits: dict[str, float] = Field(default_factory=dict)


class Mail(Strict):
    """Sender, and who reads for the whole site."""

    sender: str = Field(default="tong-hop-ho-so@site.invalid", alias="from")
    district: list[str] = Field(default_factory=list)


class Signer(Strict):
    """Who signs letters and papers."""

    title: str = ""
    place: str = ""
    name: str | None = None


class Access(Strict):
    """Who beside the owner reads the papers and pages: a group of this machine, by name."""

    readers: str | None = Field(default=None, min_length=1)


class Retention(Strict):
    """How long landing keeps what units handed in."""

    landing_years: int = Field(default=10, ge=1)


class QuarterRules(Strict):
    """When a quarter is released."""

    minimum_coverage: float = Field(default=1.0, ge=0, le=1)
    force_after_days: int = Field(default=10, ge=0)


class Rate(Strict):
    """An hour's worth (VND) from a day on, with its source."""

    value_vnd: float = Field(gt=0)
    valid_from: date = Field(alias="from")
    source: str


class SiteFile(Strict):
    """What `site.yml` holds."""

    name: str
    code: str = Field(pattern=r"^[a-z0-9_-]+$")
    level: str
    province: str = ""
    timezone: str = "Asia/Ho_Chi_Minh"
    counter_unit: str | None = None
    area_class: Literal["MOUNTAIN", "NORMAL"] = "NORMAL"
    dossier_code: Grammar = "national"
    office_hours: tuple[tuple[str, str], ...] = (("07:00", "11:30"), ("13:30", "17:00"))
    calendar: str = "calendar.csv"
    catalogue: Catalogue = Catalogue(format="none")
    minimum_group: int = Field(default=5, ge=1)
    targets: Targets = Targets()
    limit_share: float = Field(default=0.95, gt=0, le=1)
    rules: Rules = Rules()
    mail: Mail = Mail()
    letters: bool = True  # draft apology letters; a site under another law says false
    signer: Signer = Signer()
    retention: Retention = Retention()
    access: Access = Access()
    reading: ReadingLimits = ReadingLimits()
    quarter: QuarterRules = QuarterRules()
    hourly_rate: list[Rate] = Field(default_factory=list)

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"timezone [{name}] is not known; for example Asia/Ho_Chi_Minh") from None
        return name

    @field_validator("office_hours")
    @classmethod
    def _hours(cls, periods: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        flat = [moment for period in periods for moment in period]
        if (
            not flat
            or any(len(m) != 5 or m[2] != ":" or not "00:00" <= m <= "24:00" for m in flat)
            or flat != sorted(flat)
        ):
            raise ValueError('office_hours must be pairs in order, such as [["07:00", "11:30"], ["13:30", "17:00"]]')
        return periods


class Site(SiteFile):
    """A whole site: its own file and its units, sorted by code."""

    folder: Path
    units: list[Unit] = Field(default_factory=list)

    def unit(self, code: str) -> Unit:
        """The unit of this code. Raises KnownError E-UNIT-UNKNOWN."""
        for unit in self.units:
            if unit.code == code:
                return unit
        known = ", ".join(unit.code for unit in self.units)
        raise KnownError(
            "E-UNIT-UNKNOWN",
            f"unit [{code}] is not in site [{self.code}]; known: {known}.",
            mend=f"add units/{code}.yml or name a known unit",
        )

    def units_on(self, day: date) -> list[str]:
        """Codes of the units valid on a day, sorted."""
        return sorted(unit.code for unit in self.units if unit.is_valid_on(day))

    def work_calendar(self, folder: Path | None = None) -> "WorkCalendar":
        """The site's working calendar; the national one where calendar.csv is absent or holds no day."""
        return _calendar((folder or self.folder) / self.calendar)

    def hourly_rate_on(self, day: date) -> "HourlyRate | None":
        """The value of an hour in force on a day, None when the site gives none."""
        from domain.cost import HourlyRate  # noqa: PLC0415 - collecting does not need it

        known = sorted(
            (rate for rate in self.hourly_rate if rate.valid_from <= day), key=lambda rate: rate.valid_from
        )
        if not known:
            return None
        rate = known[-1]
        return HourlyRate(value_vnd=Decimal(str(rate.value_vnd)), source=rate.source, valid_from=rate.valid_from)


# What a site without days of its own covers: the shipped years, before them and one year after them the days off
# as python-holidays knows them, marked unconfirmed.
NATIONAL_YEARS = (date(2000, 1, 1), date(2027, 12, 31))


@lru_cache(maxsize=4)
def _read_calendar(path: Path, stamp: tuple[int, int]) -> "WorkCalendar":
    from domain.calendar import default_calendar, read_calendar_csv, read_day_rows  # noqa: PLC0415 - pandas is slow to import

    if stamp[1] and read_day_rows(path):
        return read_calendar_csv(path)
    return default_calendar(*NATIONAL_YEARS)


def _calendar(path: Path) -> "WorkCalendar":
    try:
        stat = path.stat()
    except FileNotFoundError:
        return _read_calendar(path, (0, 0))
    return _read_calendar(path, (stat.st_mtime_ns, stat.st_size))


def load_site(folder: Path) -> Site:
    """Read and check a site folder whole.

    Raises KnownError: E-SITE-FILE, E-SITE-YAML, E-SITE-KEY (file, key, nearest allowed key), E-SITE-UNIT,
    E-SITE-PLACE (two units take the same file).
    """
    file = read_model(folder / "site.yml", SiteFile)
    paths = sorted((folder / "units").glob("*.yml"))
    stray = sorted(path.name for path in (folder / "units").glob("*.yaml"))
    if stray or not paths:
        what = f"[{stray[0]}] ends in .yaml" if stray else "there is no units/<code>.yml"
        raise KnownError("E-SITE-UNIT", f"site [{folder}]: {what}.", mend="write one units/<code>.yml for each unit")
    units = [read_model(path, Unit) for path in paths]
    for path, unit in zip(paths, units, strict=True):
        if path.stem != unit.code:
            raise KnownError(
                "E-SITE-UNIT",
                f"file [{path}] holds unit [{unit.code}].",
                mend=f"rename the file to {unit.code}.yml or correct the code",
            )
    file, units = _with_clean_codes(file), [_unit_with_clean_codes(folder, file, unit) for unit in units]
    _check_names(folder, file, units)
    check_places(units)
    fields = {name: getattr(file, name) for name in SiteFile.model_fields}
    return Site.model_construct(**fields, folder=folder, units=units)


def _with_clean_codes(file: SiteFile) -> SiteFile:
    """The procedures named in site.yml, their codes as the data's are."""
    named = file.catalogue.procedures
    codes = [code_of("proc_code", each.code, file.dossier_code) for each in named]
    procedures = [each.model_copy(update={"code": code}) for each, code in zip(named, codes, strict=True)]
    return file.model_copy(update={"catalogue": file.catalogue.model_copy(update={"procedures": procedures})})


def _unit_with_clean_codes(folder: Path, file: SiteFile, unit: Unit) -> Unit:
    """A unit with its identifier, its offices and the procedures it takes over, written as the data's codes are."""
    grammar = file.dossier_code
    offices = {code_of("office_code", code, grammar): name for code, name in unit.offices.items()}
    if len(offices) < len(unit.offices):
        raise KnownError(
            "E-SITE-UNIT",
            f"file [{folder}/units/{unit.code}.yml], key [offices]: two codes read the same.",
            mend="name each office once",
        )
    taken = [
        each.model_copy(update={"procedures": [code_of("proc_code", code, grammar) for code in each.procedures]})
        for each in unit.takes_over
    ]
    identifier = unit.identifier and code_of("identifier", unit.identifier, grammar)
    return unit.model_copy(update={"identifier": identifier, "offices": offices, "takes_over": taken})


def _check_takes_over(folder: Path, units: list[Unit]) -> None:
    """What a unit takes over is a unit of the site, not itself, and not one that takes over from it."""
    lines = {unit.code: {each.unit for each in unit.takes_over} for unit in units}
    for unit in units:
        for each in unit.takes_over:
            before, seen = {each.unit}, {each.unit}
            while before := {further for code in before for further in lines.get(code, ())} - seen:
                seen |= before
            fault = (
                f"unit [{each.unit}] is not in the site" if each.unit not in lines
                else f"unit [{unit.code}] would take over from itself" if unit.code in seen
                else f"[{unit.code}] does not exist on [{each.valid_from}]" if not unit.is_valid_on(each.valid_from)
                else None
            )  # fmt: skip
            if fault:
                raise KnownError(
                    "E-SITE-UNIT",
                    f"file [{folder}/units/{unit.code}.yml], key [takes_over]: {fault}.",
                    mend="name the unit whose dossiers go on here, and the first day this unit answers for them",
                )


def _check_names(folder: Path, file: SiteFile, units: list[Unit]) -> None:
    codes = {unit.code for unit in units}
    _check_takes_over(folder, units)
    for unit in units:
        if unit.parent is not None and unit.parent not in codes:
            raise KnownError(
                "E-SITE-UNIT",
                f"file [{folder}/units/{unit.code}.yml], key [parent]: unit [{unit.parent}] is not in the site.",
                mend="name a unit of the site, or null",
            )
    if file.counter_unit is not None and file.counter_unit not in codes:
        raise KnownError(
            "E-SITE-UNIT",
            f"file [{folder / 'site.yml'}], key [counter_unit]: unit [{file.counter_unit}] is not in the site.",
            mend=f"name one of {', '.join(sorted(codes))}",
        )
