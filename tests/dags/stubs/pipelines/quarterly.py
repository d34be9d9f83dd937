"""A quarter that does nothing but say that it was called."""

import json

from pipelines import note


def analyse(quarter: str) -> dict[str, str]:
    return note("analyse", quarter)


def propose(quarter: str) -> dict[str, object]:
    note("propose", quarter)
    return {
        "subject": f"Quyết định phương án quý {quarter}?",
        "body": "| Số | Phương án |\n|---|---|\n| PA-01 | A |\n| PA-02 | B |",
        "items": [
            {"item": "PA-01", "label": "PA-01. Một <b>tiêu đề</b> | có [dấu](x)", "stands": "Chưa quyết định"},
            {"item": "PA-02", "label": "PA-02. B", "stands": "Chưa quyết định"},
        ],
        "edition": 1,
        "fingerprint": "f" * 64,
    }


def decide_form(quarter: str, **answer: object) -> dict[str, object]:
    kept = note("decision", f"{quarter} {json.dumps(answer, ensure_ascii=False, sort_keys=True)}")
    return {**kept, "edition": answer["edition"], "refused": {}}


def publish(quarter: str, edition: int) -> dict[str, str]:
    return note("publish", quarter)
