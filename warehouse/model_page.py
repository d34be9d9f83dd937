"""Makes docs/reference/data_model.md from the tables and the models: `python -m warehouse.model_page`."""

from pathlib import Path

from warehouse.build import models
from warehouse.kinds import kind_of
from warehouse.tables import METADATA

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "data_model.md"

# One row is what. Every table must be here; a test says which one is not.
ROW_IS = {
    "unit": "a unit (đơn vị) over a span of days in which nothing about it changed",
    "unit_succession": "who answers for a unit's dossiers from a day on, by procedure and territory ('' for all)",
    "office": "an office or desk (bộ phận, phòng) of a unit",
    "procedure": "a version of a procedure (thủ tục hành chính), in force from valid_from to valid_to",
    "procedure_paper": "a paper (giấy tờ) that a version of a procedure asks for",
    "procedure_step": "a step (bước) of a version of a procedure, with its office and planned days",
    "procedure_posting": "a procedure posted (niêm yết) at a unit",
    "calendar_day": "a day; work_index counts the working days up to and including it",
    "slice_outcome": "what came of one unit on one night: collected, unchanged, empty, missing, failed; with counts",
    "landed_file": "a file a unit handed in on a night, with its sha256",
    "dossier_version": "a dossier (hồ sơ) as one unit handed it in on one night, annotated by the fold",
    "step_version": "a step of a dossier as one unit handed it in on one night",
    "pause_version": "a stop of a dossier's clock (bổ sung, nghĩa vụ tài chính) as handed in on one night",
    "quarantine_replayed": "how many rows of a rule, a unit and a night passed when they were judged again on a day",
    "quarantine": "a row set aside (cách ly), with rule, reason, file and line; personal fields are masked",
    "rule_result": "a rule's result for one unit on one night",
    "dossier_flag": "a dossier kept on a night although it failed a warning or an information rule",
    "dossier": "a dossier as the newest version that counts tells it: the current state",
    "dossier_step": "a step of a dossier, as last handed in",
    "pause": "a stop of a dossier's clock, as last handed in",
    "dossier_change": "a field of a dossier that differs from the night before; rule_id says when it should not have",
    "fold_finding": "what the fold tells a unit of rows that count: a dossier of two units, a step that fits two",
    "apology": "the one apology letter (thư xin lỗi) of a dossier",
    "quarter_release": "a quarter that was released for analysis, and how complete it was",
    "flag": "a finding of a quarter with its evidence",
    "proposal": "a proposed simplification (phương án) of a quarter",
    "act": "a person's word: a proposal decided, a quarter signed, a row discarded; rows are only ever added",
    "night_fault": "a letter, page or mail that a night could not make, and why; gone once its step runs well again",
    "message_sent": "a digest that a mail server took for a recipient and night",
}

HEAD = """\
# The model of the data

Made by `python -m warehouse.model_page`; do not edit by hand.

**Tables** hold what units said and what people decided. Three groups: dimensions (replaced whole from the site's
files), slices (one unit, one night, replaced in one transaction) with the state folded from them, and people's words.
**Models** are counted from the tables by `warehouse/models/<name>.sql`, anew each time, and hold
nothing of their own.

Key columns are **bold**. Kinds: text, int, float, bool, date, instant (the site's local time, without zone).
"""


def page() -> str:
    """The whole page as text."""
    parts = [HEAD, "\n## Tables\n"]
    for name, table in METADATA.tables.items():
        key = {column.name for column in table.primary_key.columns}
        columns = ", ".join(
            f"**{c.name}** {kind_of(c)}" if c.name in key else f"{c.name} {kind_of(c)}" for c in table.columns
        )
        parts.append(f"\n### {name}\nOne row is {ROW_IS[name]}.\n\n{columns}\n")
    parts.append("\n## Models\n")
    for name, model in models().items():
        columns = ", ".join(f"**{c}** {k}" if c in model.key else f"{c} {k}" for c, k in model.columns.items())
        reads = f"\n\nReads: {', '.join(model.reads)}." if model.reads else ""
        parts.append(f"\n### {name}\nOne row is {model.row}.\n\n{columns}{reads}\n")
    return "".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
