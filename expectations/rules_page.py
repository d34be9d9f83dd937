"""The reference page of the rules, docs/reference/rules.md, made from the rules themselves."""

from expectations.catalogue import RULES

SEVERITY_VI = {"critical": "loại khỏi thống kê, chờ sửa", "warning": "cảnh báo", "info": "để biết"}
_TABLE_VI = {
    "dossier": "Hồ sơ (`dossier`)",
    "step": "Bước xử lý (`step`)",
    "pause": "Tạm dừng (`pause`)",
}
_HEAD = """# Data-quality rules

Made from `expectations/` by `python -m expectations.rules_page`; do not edit by hand.

A failed *critical* rule sets the row aside (quarantine) until it is corrected; *warning* and *info* keep the
row and flag the dossier. A rule applies to a unit only when the unit's sources give the columns it needs;
otherwise the results say so by name. A rule that could not run counts as failed, and if it is critical the
rows it applies to are set aside.

Some rules look at more than one night or one unit and are therefore decided when a slice is merged
(`warehouse/identity.py`, `warehouse/fold.py`), over all nights (`warehouse/models/issue_*.sql`), or when a
line is read (`pipelines/reading/`):

| Rule | What it says |
|---|---|
| DQ-HX-01 | The due date moved without supplement, payment or apology on record: it gains no on-time credit. |
| DQ-HX-02 | The finish was set back to an earlier date than first reported: it gains no on-time credit. |
| DQ-ST-01 | The status moved in a way the legal path does not allow. |
| DQ-HX-03 | The end told before is gone from the dossier: the row is set aside, the later state stands. |
| DQ-ID-05 | The number is another unit's dossier (another procedure or reception): this unit's row is set aside. |
| DQ-ID-08 | The unit used the number before, for another procedure or reception: the new row is set aside. |
| DQ-ID-09 | Two units handed in one dossier: counted once, by the later events; told to both. |
| DQ-CS-10 | A step or stop that knows the code alone fits two dossiers: it goes to the one received later. |
| DQ-AG-05 | A unit hands in far fewer dossiers than usual: see below. |
| DQ-AG-06 | Open dossiers are gone from a unit's whole register: they stay open, and no letter is drafted. |
| DQ-AG-07 | The unit's own count of its dossiers is not the number read of the same files. |
| DQ-AG-08 | A unit's whole register lost a tenth of its rows, and ten at least, from one night to the next. |
| DQ-RD-01 | The line is not a row at all (wrong number of fields, not a record): set aside as read. |

DQ-AG-05 compares a night with the unit's last twelve of the same weekday (the last three working days of a
month with such days), without the highest and the lowest. A night with at most 42 % of that, and 2.5 standard
deviations of the unit's own spread below it, is told the same night. Where fewer than ten dossiers are usual
of a night, five working nights are taken together, where fewer of these, twenty: so long it takes to tell. A
unit with fewer than ten in twenty working nights is not watched, nor are days beside a holiday and the week
before and after Tết. `bench/volume.py`, twenty made years: of falls to 30 %, where ten and more are usual, 90
of 100 are told the same night (95 where 30 are usual, 75 where 12 are), of falls to nothing 98; false alarms
1.3 a unit and year, fewer than one from 30 dossiers a night on.
"""


def rules_page() -> str:
    """docs/reference/rules.md: every rule by table with severity, needed columns and sentence."""
    parts = [_HEAD]
    for table, title in _TABLE_VI.items():
        parts.append(f"## {title}\n\n| Rule | Severity | Needs | What it says |\n|---|---|---|---|")
        parts += [
            f"| {rule.id} | {rule.severity} ({SEVERITY_VI[rule.severity]}) | "
            f"{', '.join(f'`{column}`' for column in rule.needs) or 'always'} | {rule.sentence} |"
            for rule in RULES
            if rule.table == table
        ]
        parts.append("")
    return "\n".join(parts)


if __name__ == "__main__":
    print(rules_page(), end="")
