"""The tables of the warehouse, as SQLAlchemy Core.

Three groups: dimensions (replaced whole), slices (one unit, one night; replaced in one transaction) with
the current state folded from them, and people's words. The tables that the SQL models make are not here but
in `warehouse/models/*.yml`: they are derived and made anew at each build.

No column holds a wall-clock time except `act.said_at` and `message_sent.sent_at`; no column holds
personal data (`owner_hash` is a keyed hash).
"""

from sqlalchemy import MetaData, Table

from domain.columns import DOSSIER, PAUSE, STEP, Column
from warehouse.kinds import table

METADATA = MetaData()

# What the fold adds to a dossier's version (see warehouse/fold.py).
ANNOTATIONS = (
    "dossier_id standing version_no:int credit_received_at:instant credit_due_at:instant credit_finished_at:instant"
    " status_since row_hash"
)
_PLACED = "dossier_id place:int is_ours:bool is_merged:bool"


def _spec(vocabulary: dict[str, Column], *, without: set[str]) -> str:
    return " ".join(f"{name}:{column.kind}" for name, column in vocabulary.items() if name not in without)


def _slice_key(*names: str) -> set[str]:
    return {"unit_code", "night", *names}


_DOSSIER = _spec(DOSSIER, without=_slice_key("dossier_key")) + " proc_core " + ANNOTATIONS
_STEP = _spec(STEP, without=_slice_key("dossier_key", "step_no")) + f" {_PLACED}"
_PAUSE = _spec(PAUSE, without=_slice_key("dossier_key", "pause_no")) + f" {_PLACED}"

# --- dimensions -----------------------------------------------------------------------------------------
UNIT = table(
    METADATA,
    "unit",
    key="unit_code valid_from:date",
    rest="name level parent_code identifier valid_to:date email expects history_from:date",
)
# Who answers for the dossiers of a unit from a day on, chains written out; '' for all procedures, all territories.
UNIT_SUCCESSION = table(
    METADATA, "unit_succession", key="unit_code valid_from:date answering_unit proc_core territory", rest=""
)
OFFICE = table(METADATA, "office", key="unit_code office_code", rest="name")
PROCEDURE = table(
    METADATA,
    "procedure",
    key="proc_core valid_from:date",
    rest="proc_code name field_code field_name level limit_quantity:float limit_unit area_extra:float"
    " no_due:bool fee_vnd:float decision_no legal_basis valid_to:date subjects_per_year:float result_name"
    " agencies decided_by target_groups conditions forms channels publisher",
)
PROCEDURE_PAPER = table(
    METADATA,
    "procedure_paper",
    key="proc_core valid_from:date paper_no:int",
    rest="name originals:int copies:int case_name forms",
)
PROCEDURE_STEP = table(
    METADATA,
    "procedure_step",
    key="proc_core valid_from:date step_no:int",
    rest="phase role task office_code planned_days:float is_paused:bool agency",
)
PROCEDURE_POSTING = table(
    METADATA, "procedure_posting", key="proc_core unit_code valid_from:date", rest="valid_to:date"
)
CALENDAR_DAY = table(
    METADATA,
    "calendar_day",
    key="day:date",
    rest="is_working:bool work_index:int kind name_vi source confirmed:bool"
    " opening_s:int lunch_s:int after_lunch_s:int closing_s:int",
)

# --- slices ---------------------------------------------------------------------------------------------
SLICE_OUTCOME = table(
    METADATA,
    "slice_outcome",
    key="unit_code night",
    rest="status rows_in:int rows_ok:int rows_waiting:int rows_quarantined:int rows_unchanged:int is_full:bool"
    " control_total:int dossiers_in:int files:int message fingerprint",
)
LANDED_FILE = table(METADATA, "landed_file", key="unit_code night source_id file_name", rest="sha256 bytes:int")
DOSSIER_VERSION = table(METADATA, "dossier_version", key="unit_code night dossier_key", rest=_DOSSIER)
STEP_VERSION = table(METADATA, "step_version", key="unit_code night dossier_key step_no:int", rest=_STEP)
PAUSE_VERSION = table(METADATA, "pause_version", key="unit_code night dossier_key pause_no:int", rest=_PAUSE)
QUARANTINE = table(
    METADATA,
    "quarantine",
    key="quarantine_id",
    rest="unit_code night table_name file_name line_no:int rule_id severity message dossier_code dossier_key"
    " raw_record stage state",
)
RULE_RESULT = table(
    METADATA,
    "rule_result",
    key="unit_code night rule_id",
    rest="severity table_name checked:int failed:int could_run:bool sentence examples",
)
DOSSIER_FLAG = table(
    METADATA, "dossier_flag", key="unit_code night dossier_key rule_id", rest="dossier_code severity"
)

# --- state and history, folded from the slices ----------------------------------------------------------
_OF_DOSSIER = f"unit_code night dossier_key {_DOSSIER.replace('dossier_id ', '')}"
DOSSIER_TABLE = table(METADATA, "dossier", key="dossier_id", rest=f"{_OF_DOSSIER} first_night receiving_unit")
_OF_LIST = ("dossier_id place:int ", "")  # the key says them
DOSSIER_STEP = table(
    METADATA,
    "dossier_step",
    key="dossier_id step_no:int",
    rest=f"unit_code night dossier_key {_STEP.replace(*_OF_LIST)}",
)
PAUSE_TABLE = table(
    METADATA, "pause", key="dossier_id pause_no:int", rest=f"unit_code night dossier_key {_PAUSE.replace(*_OF_LIST)}"
)
DOSSIER_CHANGE = table(
    METADATA,
    "dossier_change",
    key="dossier_id night field",
    rest="dossier_code unit_code old_value new_value has_legal_trace:bool rule_id",
)
# What the fold tells of rows that count: to each unit it concerns.
FOLD_FINDING = table(
    METADATA, "fold_finding", key="unit_code night rule_id dossier_id", rest="dossier_code severity message"
)

# --- decisions and outputs ------------------------------------------------------------------------------
APOLOGY = table(
    METADATA,
    "apology",
    key="dossier_id",
    rest="dossier_code night unit_code letter_no old_due_on:date new_due_on:date reason kind file_name"
    " template_version",
)
QUARTER_RELEASE = table(
    METADATA,
    "quarter_release",
    key="quarter",
    rest="released_night is_complete:bool forced:bool coverage:float missing",
)
FLAG = table(
    METADATA,
    "flag",
    key="flag_id",
    rest="quarter edition:int kind unit_code proc_core other_proc_core step_no:int rule value:float limit_value:float"
    " n:int ci_low:float ci_high:float evidence sentence",
)
PROPOSAL = table(
    METADATA,
    "proposal",
    key="proposal_id",
    rest="quarter edition:int item_no field_name kind proc_cores title change reason competence legal_basis"
    " cost_before:float cost_after:float saving:float saving_rate:float days_before:float days_after:float flag_ids"
    " status",
)
# A person's word; rows are only ever added. Where a matter stands is folded from them (domain.act).
ACT = table(
    METADATA,
    "act",
    key="act_id",
    rest="subject_kind subject_id kind said_at:instant actor role reason is_demo:bool edition fingerprint content",
)
# Rows that passed when they were judged again after a correction: how many of a rule, folded from acts (REPLAYED).
QUARANTINE_REPLAYED = table(METADATA, "quarantine_replayed", key="unit_code night rule_id said_on:date", rest="n:int")
# What a night could not make, though the rest came out: a letter, a page, a mail. Replaced by (night, step).
NIGHT_FAULT = table(METADATA, "night_fault", key="fault_id", rest="night step unit_code subject message")
MESSAGE_SENT = table(METADATA, "message_sent", key="recipient night", rest="digest_sha256 sent_at:instant")

DIMENSIONS: tuple[Table, ...] = (
    UNIT,
    UNIT_SUCCESSION,
    OFFICE,
    PROCEDURE,
    PROCEDURE_PAPER,
    PROCEDURE_STEP,
    PROCEDURE_POSTING,
    CALENDAR_DAY,
)
