"""A unit is a file: where its records come from, its headings, its codes, its contact (`units/<code>.yml`)."""

from datetime import date
from fnmatch import fnmatchcase
from typing import Literal

from pydantic import Field, field_validator, model_validator

from domain.columns import KeyPart
from pipelines.source_columns import CANONICAL, REQUIRED, SYNC_COLUMNS, SYNC_IGNORED, column_of
from pipelines.strict import Strict, unknown_key

Cell = str | int | float

DEFAULT_TIME_FORMATS = ["%Y%m%d%H%M%S", "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y"]


Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

_CODE_ALONE: list[KeyPart] = ["dossier_code"]


class DeriveStatus(Strict):
    """A status from whether a column is filled: `closed_by` names the canonical column."""

    closed_by: str
    closed: int = 9
    open: int = 4


class TakeOver(Strict):
    """A unit whose dossiers are answered for here from a day on: all, or those of some procedures or territories."""

    unit: str
    valid_from: date = Field(alias="from")
    procedures: list[str] = Field(default_factory=list)
    territory: list[str] = Field(default_factory=list)


class Control(Strict):
    """Where the unit's own count of its dossiers is: a small JSON file {"dossier_count": n}."""

    place: str

    @field_validator("place")
    @classmethod
    def _below_inbox(cls, place: str) -> str:
        return checked_place(place)


class Source(Strict):
    """One kind of file a unit hands in.

    `place` is a glob below the inbox with {unit} and {night}. `columns` maps canonical name -> heading of the
    file; `codes` maps canonical name -> {value of the file: national value}; each heading must be mapped or
    ignored by name, else the outcome carries a note. `nothing` lists what the file writes for no value.
    `header_row` is the line (from 1) or `auto`.

    `key` says what makes a dossier one dossier: its code, with the unit, the year received or the procedure where
    numbers repeat; or `row`, for files without numbers, with the columns (`row_columns`) that tell rows apart.
    """

    id: str = Field(pattern=r"^[A-Za-z0-9_.-]+$")
    table: Literal["dossier", "step", "pause", "event", "sync"]
    format: Literal["csv", "xlsx", "json"]
    place: str
    extract: Literal["changes", "full"] = "changes"
    key: list[KeyPart] | Literal["row"] = Field(default_factory=_CODE_ALONE.copy)
    row_columns: list[str] = Field(default_factory=list)
    encoding: str = "utf-8-sig"
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    sheet: str | None = None
    header_row: Literal["auto"] | int = "auto"
    time_formats: list[str] = Field(default_factory=lambda: list(DEFAULT_TIME_FORMATS))
    columns: dict[str, str] = Field(default_factory=dict)
    codes: dict[str, dict[str, Cell]] = Field(default_factory=dict)
    constants: dict[str, Cell] = Field(default_factory=dict)
    derive_status: DeriveStatus | None = None
    nothing: list[str] = Field(default_factory=list)
    ignore: list[str] = Field(default_factory=list)
    control: Control | None = None
    optional: bool = False

    @field_validator("codes", mode="before")
    @classmethod
    def _texts(cls, codes: object) -> object:
        # A code such as 1 is written without quotes; in the file it is text.
        if not isinstance(codes, dict):
            return codes
        return {name: {str(k): v for k, v in m.items()} if isinstance(m, dict) else m for name, m in codes.items()}

    @field_validator("place")
    @classmethod
    def _below_inbox(cls, place: str) -> str:
        return checked_place(place)

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, encoding: str) -> str:
        try:
            "".encode(encoding)
        except LookupError:
            raise ValueError(
                f"encoding [{encoding}] is not known; for example utf-8-sig, utf-16, cp1258, latin-1"
            ) from None
        return encoding

    @field_validator("time_formats")
    @classmethod
    def _four_digit_years(cls, formats: list[str]) -> list[str]:
        for text in formats:
            if "%y" in text:
                raise ValueError(f"time format [{text}] has a two-digit year; ask the unit for four digits (%Y)")
            if text != "iso" and "%Y" not in text:
                raise ValueError(f"time format [{text}] has no year (%Y)")
        return formats

    @model_validator(mode="after")
    def _known_columns(self) -> "Source":
        allowed = CANONICAL[self.table]
        for part, names in (("columns", self.columns), ("codes", self.codes), ("constants", self.constants)):
            for name in names:
                if name not in allowed:
                    raise ValueError(f"{part}: {unknown_key(name, allowed)}")
        for name in self.codes:
            if column_of(self.table, name).kind == "instant":
                raise ValueError(
                    f"codes: [{name}] is a date and has no code list; what the file writes for no date goes under "
                    'nothing, such as nothing: ["-", "Chưa có"]'
                )
        both = sorted(set(self.columns) & set(self.constants))
        if both and self.table != "sync":
            raise ValueError(f"[{both[0]}] is both mapped in columns and given in constants")
        if self.derive_status and self.derive_status.closed_by not in self.mapping:
            raise ValueError(f"derive_status.closed_by: [{self.derive_status.closed_by}] is not mapped in columns")
        missing = [name for name in self.required_names if name not in self.mapping and name not in self.constants]
        if missing:
            hint = "; files without numbers: key: row with row_columns" if missing[0] == "dossier_code" else ""
            raise ValueError(f"[{missing[0]}] must be mapped in columns or given in constants{hint}")
        if self.table == "sync" and self.format != "json":
            raise ValueError("table sync is read from format json only")
        self._check_key()
        return self

    def _check_key(self) -> None:
        """What the key names is there."""
        if self.key != "row":
            if "dossier_code" not in self.key or len(set(self.key)) != len(self.key):
                raise ValueError(f"key {self.key} must hold dossier_code, and each part once")
            if self.row_columns:
                raise ValueError("row_columns belongs to key: row")
            return
        if self.table != "dossier" or "dossier_code" in self.mapping:
            raise ValueError("key: row is for dossiers whose files have no number: map no dossier_code")
        unknown = [name for name in self.row_columns if name not in self.mapping]
        if unknown or not self.row_columns:
            raise ValueError(
                f"row_columns: {f'[{unknown[0]}] is not mapped in columns' if unknown else 'is missing'}; name the "
                "mapped columns that together tell one row from every other, and never change"
            )

    @property
    def mapping(self) -> dict[str, str]:
        """Canonical name -> heading, with the national message's own names where table is sync."""
        if self.table != "sync":
            return self.columns
        return {name: h for name, h in (SYNC_COLUMNS | self.columns).items() if name not in self.constants}

    @property
    def ignored(self) -> list[str]:
        """Headings left out by name."""
        return [*self.ignore, *SYNC_IGNORED] if self.table == "sync" else self.ignore

    @property
    def numbered_by_us(self) -> frozenset[str]:
        """Tables whose rows get their running number from us: those the unit's file does not map it for."""
        held = {"step": {"step"}, "pause": {"pause"}, "event": {"step"}, "sync": {"step", "pause"}}.get(
            self.table, set()
        )
        given = {*self.columns, *self.constants}
        nested = self.table in ("event", "sync")
        return frozenset(name for name in held if (f"{name}.{name}_no" if nested else f"{name}_no") not in given)

    @property
    def required_names(self) -> list[str]:
        """Canonical names without which a file of this source cannot be used."""
        needed = [name for name in REQUIRED[self.table] if self.key != "row" or name != "dossier_code"]
        # Without the column a status is derived from, every dossier would be open: a blank is not a fact.
        return [*needed, self.derive_status.closed_by] if self.derive_status else needed


def checked_place(place: str) -> str:
    """A place below the inbox; an absolute one, one with .. or an unknown {name} is a ValueError."""
    if (
        place.startswith(("/", "\\"))
        or ".." in place.replace("\\", "/").split("/")
        or ":" in place.split("/", maxsplit=1)[0]
    ):
        raise ValueError(f"place [{place}] must stay below the inbox (no leading /, no ..)")
    if set("{}") & set(filled_place(place, unit="u", night="n")):
        raise ValueError(f"place [{place}] may hold only {{unit}} and {{night}} in braces")
    return place


def filled_place(place: str, *, unit: str, night: str) -> str:
    """The glob of one unit's night below the inbox."""
    return place.replace("{unit}", unit).replace("{night}", night)


class Correction(Strict):
    """A wrong value at the source, mended here until the source is: canonical names and texts.

    `where` must all be equal (by the file's value or its mapped code), `set` are the values put in.
    """

    where: dict[str, Cell]
    set: dict[str, Cell]
    reason: str
    told: str | None = None
    source: str | None = None

    @model_validator(mode="after")
    def _some(self) -> "Correction":
        if not self.where or not self.set:
            raise ValueError("a correction needs at least one column in `where` and one in `set`")
        return self


class Contact(Strict):
    """Whom to write to."""

    email: str | None = None


class Unit(Strict):
    """One unit that hands in files (or, without sources, one that is only named)."""

    code: str = Field(pattern=r"^[A-Za-z0-9_.-]+$")
    identifier: str | None = None
    name: str
    level: str
    parent: str | None = None
    valid_from: date
    valid_to: date | None = None
    history_from: date | None = None  # dossiers that ended before this day were never handed in
    contact: Contact = Contact()
    expects: Literal["every_night", "working_days", "weekly", "monthly"] | list[Weekday] = "working_days"
    offices: dict[str, str] = Field(default_factory=dict)
    sources: list[Source] = Field(default_factory=list)
    takes_over: list[TakeOver] = Field(default_factory=list)
    corrections: list[Correction] = Field(default_factory=list)

    @field_validator("offices", mode="before")
    @classmethod
    def _texts(cls, offices: object) -> object:
        return {str(k): v for k, v in offices.items()} if isinstance(offices, dict) else offices

    @model_validator(mode="after")
    def _consistent(self) -> "Unit":
        ids = [source.id for source in self.sources]
        if len(ids) != len(set(ids)):
            raise ValueError(f"sources: two sources have the same id among {ids}")
        if self.valid_to and self.valid_to < self.valid_from:
            raise ValueError(f"valid_to [{self.valid_to}] is before valid_from [{self.valid_from}]")
        for correction in self.corrections:
            self._check_correction(correction)
        return self

    def _check_correction(self, correction: Correction) -> None:
        if correction.source and correction.source not in {source.id for source in self.sources}:
            raise ValueError(f"corrections: source [{correction.source}] is not one of this unit's sources")
        sources = [s for s in self.sources if correction.source in (None, s.id)]
        allowed = sorted({name for source in sources for name in CANONICAL[source.table]})
        for name in (*correction.where, *correction.set):
            if name not in allowed:
                raise ValueError(f"corrections: {unknown_key(name, allowed)}")

    @property
    def expects_word(self) -> str:
        """`expects` as one word: weekdays joined by commas (`domain.due_nights`)."""
        return self.expects if isinstance(self.expects, str) else ",".join(self.expects)

    def is_valid_on(self, day: date) -> bool:
        """Whether the unit exists on a day (both ends included)."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    @property
    def is_full(self) -> bool:
        """Whether a night of the unit holds all its dossiers: every source of dossiers is a whole register."""
        dossiers = [source for source in self.sources if source.table in ("dossier", "event", "sync")]
        return bool(dossiers) and all(source.extract == "full" for source in dossiers)

    @property
    def numbered_by_us(self) -> frozenset[str]:
        """Of 'step' and 'pause', those whose rows some source gives without a number."""
        return frozenset(name for source in self.sources for name in source.numbered_by_us)

    def source(self, source_id: str) -> Source | None:
        """The source with this id."""
        return next((source for source in self.sources if source.id == source_id), None)

    def source_of(self, file_name: str, night: str) -> tuple[str, str] | None:
        """(source id, role) whose place a file of this name fits; None when none or several do."""
        places = [(source.id, "data", source.place) for source in self.sources]
        places += [(source.id, "control", source.control.place) for source in self.sources if source.control]
        found = [
            (source_id, role)
            for source_id, role, place in places
            if fnmatchcase(file_name, filled_place(place, unit=self.code, night=night).rpartition("/")[2])
        ]
        return found[0] if len(found) == 1 else None

    def visible_headings(self) -> set[str]:
        """Headings of the unit's files that are known to hold no personal data (mapped, and to nothing personal)."""
        shown: set[str] = set()
        personal: set[str] = set()
        for source in self.sources:
            for canonical, heading in source.mapping.items():
                (personal if column_of(source.table, canonical).personal else shown).add(heading)
        return shown - personal

    def given_columns(self) -> dict[str, frozenset[str]]:
        """By staged table, the canonical columns this unit's sources give (mapped, constant or derived)."""
        given: dict[str, set[str]] = {"dossier": set(), "step": set(), "pause": set()}
        for source in self.sources:
            for canonical in (
                *source.mapping,
                *source.constants,
                *(["status"] if source.derive_status else []),
            ):
                prefix, _, name = canonical.rpartition(".")
                table = prefix or ("dossier" if source.table in ("event", "sync") else source.table)
                given[table].add("owner_hash" if column_of(source.table, canonical).personal else name)
            for table in {"event": ["step"], "sync": ["step", "pause"]}.get(source.table, [source.table]):
                if table != "dossier":
                    given[table] |= {"dossier_code", f"{table}_no"} | ({"kind"} if table == "pause" else set())
        return {table: frozenset(names) for table, names in given.items()}
