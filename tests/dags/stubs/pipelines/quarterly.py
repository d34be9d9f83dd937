"""A quarter that does nothing but say that it was called."""

from pipelines import note


def analyse(quarter: str) -> dict[str, str]:
    return note("analyse", quarter)


def propose(quarter: str) -> dict[str, str]:
    note("propose", quarter)
    return {
        "subject": f"Duyệt phương án quý {quarter}?",
        "body": "| Thủ tục | Đề xuất |\n|---|---|\n| A | B |",
    }


def record_decision(quarter: str, choice: str, who: str, reason: str, is_demo: bool) -> dict[str, str]:
    note("reason", reason)
    return note("decision", f"{quarter}/{choice}/{who}/{is_demo}")


def publish(quarter: str) -> dict[str, str]:
    return note("publish", quarter)
