"""What the writers are given: frozen records of plain values and model frames, nothing to look up.

Frames carry the columns of the warehouse tables and models of the same name; a writer reads only the columns
it names and never changes a frame.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Protocol

import pandas as pd

from analysis.thresholds import Thresholds
from pipelines.publish.rows import names_of, records


def _no_fault() -> pd.DataFrame:
    return pd.DataFrame(columns=["night", "step", "unit_code", "subject", "message"])


@dataclass(frozen=True, kw_only=True)
class NightPage:
    """One night as the morning page and the digests show it.

    units: unit_code, name. outcomes: slice_outcome of the night. unit_nights: unit_night of the last nights,
    this one included. issues: issue_night of the night. quarantine: rows still open on the night.
    rule_results: rule_result of the night. changes: dossier_change of the night without legal trace, with
    unit_code. late: late_list. headline: headline of the year. faults: night_fault, what could not be made.
    discarded: how many rows people discarded, which are not among those open.
    """

    night: str
    site_name: str
    units: pd.DataFrame
    outcomes: pd.DataFrame
    unit_nights: pd.DataFrame
    issues: pd.DataFrame
    quarantine: pd.DataFrame
    rule_results: pd.DataFrame
    changes: pd.DataFrame
    late: pd.DataFrame
    headline: pd.DataFrame
    faults: pd.DataFrame = field(default_factory=_no_fault)
    counter_unit: str | None = None
    procedures_posted: int | None = None
    has_letters: bool = True
    discarded: int = 0
    rules_off: Mapping[str, str] = field(default_factory=dict)
    rules_not_applicable: Mapping[str, str] = field(default_factory=dict)

    def unit_name(self, code: object) -> str:
        """The name of a unit, its code when the dimension does not know it."""
        return names_of(self.units, "unit_code").get(str(code), str(code))


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """Who gets a digest. `unit_code` None is the district: it gets the rolled-up view of every unit."""

    address: str
    unit_code: str | None = None


@dataclass(frozen=True, kw_only=True)
class Message:
    """One composed digest, not yet sent."""

    recipient: str
    night: str
    subject: str
    text: str
    html: str
    digest_sha256: str


class Addressee(Protocol):
    """What a letter needs of a person; read from landing when the letter is printed, stored nowhere."""

    @property
    def owner_name(self) -> str | None: ...  # noqa: D102
    @property
    def owner_address(self) -> str | None: ...  # noqa: D102
    @property
    def owner_phone(self) -> str | None: ...  # noqa: D102


@dataclass(frozen=True, kw_only=True)
class LetterOffice:
    """The office a letter comes from, as its heading and signature show it (`letter_code` '': by the wording)."""

    parent_name: str
    unit_name: str
    place: str
    signer_title: str
    signer_name: str | None = None
    letter_code: str = ""


@dataclass(frozen=True, kw_only=True)
class LetterCase:
    """One late dossier and what its letter says. Dates are days; `reason` None is left for the signer to fill in."""

    dossier_code: str
    unit_code: str
    proc_name: str
    received_on: date
    old_due_on: date
    letter_no: str
    letter_on: date
    kind: str
    person: Addressee
    new_due_on: date | None = None
    where_now: str | None = None
    reason: str | None = None


class QuarterResults(Protocol):
    """The frames of a quarterly analysis that the papers print (analysis.QuarterAnalysis has them).

    A part the data could not feed is an empty frame, and is named with its reason in `switched_off`.
    """

    @property
    def timeliness(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def steps(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def limits(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def overlaps(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def families(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def journeys(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def asked_twice(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def cumbersome(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def checks(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def paper_types(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def paper_holders(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def unused(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def papers(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def report_06a(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def flags(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def proposals(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def costs(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def gate(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def effects(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def speed(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def comparison(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def waiting(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def load(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def backlog(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def handovers(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def throughput(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def integrity(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def curves(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def limit_curves(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def trends(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def series(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def cut_effects(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def switched_off(self) -> Sequence[tuple[str, str]]: ...  # noqa: D102
    @property
    def notes(self) -> Sequence[tuple[str, str]]: ...  # noqa: D102


@dataclass(frozen=True, kw_only=True)
class QuarterPapers:
    """A quarter as its book, proposal file and table II.06a show it.

    procedures: proc_core, name, field_name; legal_basis, limit_quantity, limit_unit when known. units: unit_code,
    name. procedure_paper, procedure_step: the dimensions, for procedures laid side by side. decisions: the one that
    stands for each proposal (proposal_id, choice, decided_by, role, decided_at, reason, is_demo, change). edition,
    fingerprint: of which analysis these are the papers. carried_difference: dossiers by which table II.06a opens
    other than the quarter before ended. missing: units without complete data. office_names: (unit_code, office_code)
    -> name. coverage: share of expected units collected. thresholds: name, value, where it comes from. rate_vnd:
    income of one hour. province_name (or its code, H16), place: for the heading of the draft decision.
    """

    quarter: str
    site_name: str
    results: QuarterResults
    edition: int = 1
    fingerprint: str = ""
    units: pd.DataFrame
    procedures: pd.DataFrame
    decisions: pd.DataFrame
    released_night: str
    coverage: float = 1.0
    is_complete: bool = True
    missing: Sequence[str] = ()
    minimum_group: int = 5
    procedure_paper: pd.DataFrame = field(default_factory=pd.DataFrame)
    procedure_step: pd.DataFrame = field(default_factory=pd.DataFrame)
    carried_difference: pd.DataFrame = field(default_factory=pd.DataFrame)
    office_names: Mapping[tuple[str, str], str] = field(default_factory=dict)
    thresholds: Sequence[tuple[str, object, str]] = ()
    rate_vnd: float | None = None
    rate_source: str = ""
    place: str = ""
    province_name: str = ""

    def unit_name(self, code: object) -> str:
        """The name of a unit, its code when the dimension does not know it."""
        return self._unit_names.get(str(code), str(code))

    def procedure(self, core: object) -> Mapping[str, object]:
        """Name, field and the like of a procedure; only its code when the catalogue does not know it."""
        return {"proc_core": core, "name": core, "field_name": None, **self._procedures.get(str(core), {})}

    # A book asks for names a thousand times: the frames are read once.
    @cached_property
    def _unit_names(self) -> dict[str, str]:
        return names_of(self.units, "unit_code")

    @cached_property
    def _procedures(self) -> dict[str, dict[str, object]]:
        rows = self.procedures
        return {str(row["proc_core"]): row for row in records(rows)} if "proc_core" in rows.columns else {}

    def threshold(self, name: str) -> float:
        """A threshold of the analysis as this site has it; the product's own where the papers were given none."""
        given = {key: value for key, value, _ in self.thresholds}
        return float(str(given[name] if name in given else getattr(Thresholds(), name)))

    def choice(self, proposal_id: object) -> Mapping[str, object] | None:
        """The decision that stands on a proposal; None when nobody has decided."""
        return self._decisions.get(str(proposal_id))

    @cached_property
    def _decisions(self) -> dict[str, dict[str, object]]:
        return {str(row["proposal_id"]): row for row in records(self.decisions)} if len(self.decisions) else {}
