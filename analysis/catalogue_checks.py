"""What the catalogue of procedures says about itself that cannot be right: gaps, sums, old authorities, limits.

Each finding is a question to the agency that keeps the catalogue. What the catalogue does not record at all (a column
that is missing or empty throughout) is not asked for: it tells of the file, not of the procedure.
"""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any, Final

import pandas as pd

from analysis.competence import NO_DISTRICT_SINCE
from analysis.frames import check_columns, in_force, listed, text_or_none
from analysis.thresholds import Thresholds
from analysis.words import number_vi
from domain.text import expand_abbreviations, normalise

COLUMNS: Final = ["proc_core", "name", "check", "clause", "detail", "found", "expected", "source"]
CHECKS: Final = ("COMPLETENESS", "STEP_SUM", "OBSOLETE_AUTHORITY", "CHANNEL_LIMITS")
CHECK_VI: Final = {
    "COMPLETENESS": "Thiếu bộ phận tạo thành thủ tục",
    "STEP_SUM": "Tổng thời gian các bước khác thời hạn",
    "OBSOLETE_AUTHORITY": "Nêu cơ quan cấp huyện không còn",
    "CHANNEL_LIMITS": "Thời hạn khác nhau giữa các cách thức nộp",
}
_DECREE: Final = (  # FOUND: domain notes §4.1, consolidated text of the decree
    "Nghị định số 63/2010/NĐ-CP (sửa đổi, bổ sung tại Nghị định số 48/2013/NĐ-CP, Nghị định số 92/2017/NĐ-CP)"
)
# FOUND: no district level since 1/7/2025 (domain notes §5.5). RECALLED(high): the law that says so.
_TWO_TIERS: Final = "Luật Tổ chức chính quyền địa phương số 72/2025/QH15 (chính quyền địa phương hai cấp)"
_CHANNEL_VI: Final = {"ONLINE": "trực tuyến", "DIRECT": "trực tiếp", "POSTAL": "qua bưu chính"}
_UNIT_VI: Final = {"WORKING_DAY": "ngày làm việc", "DAY": "ngày"}
_TIME_TEXT: Final = re.compile(
    r"\d+\s*(?:\([^)]*\)\s*)?(?:ngày|giờ|tháng|tuần|năm|phút)|ngay (?:trong|sau|khi|lập tức)|trong ngày"
    r"|không (?:quy|xác) định", re.I,
)  # fmt: skip
_FEE_TEXT: Final = re.compile(r"(?<!\w)(?:phí|lệ phí)(?!\w)", re.I)
_FEE_SAID: Final = re.compile(r"\d|không (?:thu|có|quy định|phải|mất)|miễn|chưa (?:thu|quy định)", re.I)
_FORM_NAMED: Final = re.compile(r"(?<!\w)(?:theo|đúng) (?:biểu )?mẫu(?!\w)|(?<!\w)mẫu (?:đơn )?số ", re.I)
_ELIGIBLE: Final = re.compile(r"(?<!\w)giấy chứng nhận đủ điều kiện(?!\w)", re.I)

_DISTRICT: Final = (
    r"(?:(?:cấp |các )?(?:quận, huyện|quận/huyện|huyện)(?! (?:ủy|đảo|đội))"
    r"(?:[,/] ?(?:quận|thị xã|thành phố)(?: thuộc tỉnh)?)*|cấp quận)"
)
_BODY: Final = (
    r"(?:(?:chủ tịch |văn phòng )?(?:ủy ban nhân dân|hội đồng nhân dân)|(?:trưởng )?công an|bảo hiểm xã hội"
    r"|(?:ban )?chỉ huy quân sự|tòa án nhân dân|viện kiểm sát nhân dân|(?:chi cục )?thuế|kho bạc nhà nước"
    r"|trung tâm (?:phục vụ )?hành chính công|phòng(?! (?:khám|bệnh|chống|cháy|học|thí|xét|kiểm))(?: [^\W\d]+){0,8}?"
    r"(?: thuộc(?: ủy ban nhân dân)?)?)"
)
_OBSOLETE: Final = re.compile(
    rf"(?<!\w)(?:{_BODY} (?:cấp tỉnh, )?(?:của )?{_DISTRICT}|phòng tài nguyên (?:và|&) môi trường"
    r"|(?:thực hiện|giải quyết|thẩm quyền|nộp)(?: của| tại| ở)+ cấp huyện)(?!\w)"
)
# A paper given before that day by an authority of that day stays good.
_PAST: Final = re.compile(
    r"trước (?:ngày|đây|khi|thời điểm)|(?<!\w)(?:cũ|đã (?:được )?(?:cấp|ký|ban hành|bầu))(?!\w)|do .{0,40} bầu"
)


def catalogue_checks(
    procedures: pd.DataFrame, papers: pd.DataFrame, steps: pd.DataFrame, *, on: date, thresholds: Thresholds
) -> pd.DataFrame:
    """What does not fit in the versions in force on a day.

    Needs: `procedures`: proc_core, name, limit_quantity, limit_unit; may have valid_from, valid_to, area_extra,
      no_due, level, result_name, agencies, decided_by, target_groups, conditions, forms, channels; `papers`:
      proc_core, name, may have originals, copies, forms; `steps`: proc_core, task, may have step_no, planned_days,
      is_paused, role, agency
    Gives: COLUMNS, one row a finding, by procedure and then by check; `source` names the law
    """
    check_columns(procedures, ["proc_core", "name", "limit_quantity", "limit_unit"], where="catalogue_checks")
    check_columns(papers, ["proc_core", "name"], where="catalogue_checks")
    check_columns(steps, ["proc_core", "task"], where="catalogue_checks")
    held = in_force(procedures, on, key=["proc_core"]).drop_duplicates("proc_core")
    own_papers = _of(papers, held, ["name"])
    own_steps = _of(steps, held, ["step_no", "task"])
    recorded = {
        *(name for name in held.columns if _has(held[name])),
        *(f"paper.{name}" for name in papers.columns if _has(papers[name])),
        *(f"step.{name}" for name in steps.columns if _has(steps[name])),
    }
    rows: list[dict[str, Any]] = []
    if not _keeps_forms(held, own_papers):
        recorded -= {"forms", "paper.forms"}
    for each in held.to_dict("records"):
        row = {str(key): value for key, value in each.items()}
        core = str(row["proc_core"])
        args = (row, own_papers.get(core, []), own_steps.get(core, []))
        rows += _completeness(*args, recorded)
        rows += _step_sum(row, args[2], thresholds)
        rows += _channel_limits(row)
        if on >= NO_DISTRICT_SINCE:
            rows += _obsolete(*args)
    table = pd.DataFrame(rows, columns=COLUMNS)
    place = pd.DataFrame(
        {"a": table["proc_core"], "b": table["check"].map({c: i for i, c in enumerate(CHECKS)}), "c": table["clause"],
         "d": table["expected"]}
    )  # fmt: skip
    return table.loc[place.sort_values(list("abcd"), kind="stable").index].reset_index(drop=True)


def _keeps_forms(held: pd.DataFrame, papers: dict[str, list[dict[str, Any]]]) -> bool:
    """Whether this catalogue records forms: at least half of the procedures that name a form have one beside it."""
    named = having = 0
    for row in held.to_dict("records"):
        own = papers.get(str(row["proc_core"]), [])
        if any(_FORM_NAMED.search(str(paper["name"])) for paper in own):
            named += 1
            having += bool(listed(row.get("forms")) or any(listed(paper.get("forms")) for paper in own))
    return 2 * having >= named


def _of(frame: pd.DataFrame, held: pd.DataFrame, order: list[str]) -> dict[str, list[dict[str, Any]]]:
    """The rows of each procedure's version in force, in an order of their own."""
    if "valid_from" in frame.columns and "valid_from" in held.columns:
        versions = set(zip(held["proc_core"].astype(str), held["valid_from"].astype(str), strict=True))
        keys = zip(frame["proc_core"].astype(str), frame["valid_from"].astype(str), strict=True)
        frame = frame.loc[[key in versions for key in keys]]
    found: dict[str, list[dict[str, Any]]] = {}
    for row in frame.sort_values([name for name in order if name in frame.columns], kind="stable").to_dict("records"):
        found.setdefault(str(row["proc_core"]), []).append({str(key): value for key, value in row.items()})
    return found


def _completeness(
    row: dict[str, Any], papers: list[dict[str, Any]], steps: list[dict[str, Any]], recorded: set[str]
) -> Iterator[dict[str, Any]]:
    channels = listed(row.get("channels"))
    said = " ".join(str(each.get("text") or "") for each in channels if isinstance(each, dict))
    limits = [each for each in channels if isinstance(each, dict) and _number(each.get("limit_quantity")) is not None]
    sets = sum((_number(paper.get(name)) or 0) for paper in papers for name in ("originals", "copies"))
    has_limit = _number(row["limit_quantity"]) is not None or row.get("no_due") is True or bool(limits)
    parts: list[tuple[str, str, bool, bool]] = [
        ("a", "tên thủ tục", True, text_or_none(row["name"]) is not None),
        ("b", "trình tự thực hiện", "step.task" in recorded, bool(steps)),
        ("c", "cách thức thực hiện", "channels" in recorded, bool(channels)),
        ("d", "thành phần hồ sơ", "paper.name" in recorded, bool(papers)),
        ("d", "số lượng hồ sơ", bool(papers) and bool({"paper.originals", "paper.copies"} & recorded), sets > 0),
        ("đ", "thời hạn giải quyết", "limit_quantity" in recorded, has_limit or _TIME_TEXT.search(said) is not None),
        ("e", "đối tượng thực hiện", "target_groups" in recorded, bool(listed(row.get("target_groups")))),
        ("g", "cơ quan giải quyết", "agencies" in recorded,
         bool(listed(row.get("agencies")) or listed(row.get("decided_by")))),
        ("h", "kết quả thực hiện", "result_name" in recorded, text_or_none(row.get("result_name")) is not None),
        *_where_said(row, papers, said, recorded),
    ]  # fmt: skip
    for letter, part, asked, there in parts:
        if asked and not there:
            detail = (
                f"Danh mục chưa nêu {part} của thủ tục; đề nghị bổ sung để đủ các bộ phận tạo thành theo quy định."
            )
            yield _row(row, "COMPLETENESS", (f"điểm {letter} khoản 2 Điều 8", _DECREE), detail, ("không có", part))


def _where_said(
    row: dict[str, Any], papers: list[dict[str, Any]], said: str, recorded: set[str]
) -> Iterator[tuple[str, str, bool, bool]]:
    """Parts the law asks for only when the procedure has them: asked for when its own text says it has."""
    forms = listed(row.get("forms")) or [form for paper in papers for form in listed(paper.get("forms"))]
    named = any(_FORM_NAMED.search(str(paper["name"])) for paper in papers)
    yield "h", "mẫu đơn, mẫu tờ khai", named and bool({"forms", "paper.forms"} & recorded), bool(forms)
    eligible = _ELIGIBLE.search(f"{row['name']} {text_or_none(row.get('result_name')) or ''}") is not None
    yield (
        "h",
        "yêu cầu, điều kiện",
        eligible and "conditions" in recorded,
        text_or_none(row.get("conditions")) is not None,
    )
    fees = [
        row.get("fee_vnd"),
        *(each.get("fee_vnd") for each in listed(row.get("channels")) if isinstance(each, dict)),
    ]
    there = any(_number(fee) is not None for fee in fees) or _FEE_SAID.search(said) is not None
    yield "h", "mức phí, lệ phí", "fee_vnd" in recorded and _FEE_TEXT.search(said) is not None, there


def _step_sum(row: dict[str, Any], steps: list[dict[str, Any]], thresholds: Thresholds) -> Iterator[dict[str, Any]]:
    """The working days of the steps against the limit; a limit in calendar days only from above.

    A step without a planned time makes the sum a least one: then only a sum above the limit is told.
    """
    limit, unit = _limit(row.get("limit_quantity"), row.get("limit_unit"))
    own = [step for step in steps if step.get("is_paused") is not True]
    days = [_number(step.get("planned_days")) for step in own]
    known = [day for day in days if day is not None]
    if limit is None or not known or not sum(known):
        return
    total, extra = round(sum(known), 3), _number(row.get("area_extra")) or 0.0
    words = f"{number_vi(total, 2)} ngày làm việc"
    asked = f"{number_vi(limit, 2)} {_UNIT_VI[unit]}"
    clause = ("Điều 7, điểm b và điểm đ khoản 2 Điều 8", _DECREE)
    if total > limit + extra + thresholds.step_sum_slack:
        detail = (
            f"Tổng thời gian các bước là {words}, vượt thời hạn {asked} đã công bố "
            f"{number_vi(total - limit, 2)} ngày; đề nghị rà soát lại thời gian từng bước hoặc thời hạn."
        )
        yield _row(row, "STEP_SUM", clause, detail, (words, asked))
    elif unit == "WORKING_DAY" and len(known) == len(days) and total < limit - thresholds.step_sum_slack:
        detail = (
            f"Tổng thời gian các bước là {words}, ít hơn thời hạn {asked} đã công bố "
            f"{number_vi(limit - total, 2)} ngày; đề nghị làm rõ phần chênh lệch (niêm yết, nộp thuế, lấy ý kiến) "
            "hoặc xem xét rút thời hạn."
        )
        yield _row(row, "STEP_SUM", clause, detail, (words, asked))


def _channel_limits(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Limits that differ between channels, or from the procedure's own. Several cases of one channel make a set."""
    found: dict[str, set[tuple[float, str]]] = {}
    for each in listed(row.get("channels")):
        value, unit = (
            _limit(each.get("limit_quantity"), each.get("limit_unit")) if isinstance(each, dict) else (None, "")
        )
        if value is not None:
            found.setdefault(str(each.get("channel")), set()).add((value, unit))
    if not found:
        return
    words = "; ".join(
        f"{_CHANNEL_VI.get(name, name.lower())}: {', '.join(_limit_vi(each) for each in sorted(found[name]))}"
        for name in sorted(found)
    )
    clause = ("Điều 7, điểm c và điểm đ khoản 2 Điều 8", _DECREE)
    if len({frozenset(limits) for limits in found.values()}) > 1:
        detail = f"Thời hạn khác nhau theo cách thức nộp ({words}); đề nghị làm rõ lý do hoặc thống nhất thời hạn."
        yield _row(row, "CHANNEL_LIMITS", clause, detail, (words, "một thời hạn cho các cách thức"))
        return
    limit, unit = _limit(row.get("limit_quantity"), row.get("limit_unit"))
    same_unit = {value for limits in found.values() for value, other in limits if other == unit}
    if limit is not None and same_unit and all(abs(value - limit) > 0.01 for value in same_unit):
        asked = _limit_vi((limit, unit))
        detail = f"Thời hạn của thủ tục là {asked} nhưng thời hạn theo cách thức nộp là {words}; đề nghị thống nhất."
        yield _row(row, "CHANNEL_LIMITS", clause, detail, (words, asked))


def _obsolete(
    row: dict[str, Any], papers: list[dict[str, Any]], steps: list[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """Authorities of the district level, gone since 1/7/2025; one finding a procedure, naming where each stands."""
    places: dict[str, list[str]] = {
        "tên thủ tục": [str(row["name"])],
        "cơ quan giải quyết": [*listed(row.get("agencies")), *listed(row.get("decided_by"))],
        "các bước": [str(step.get(name) or "") for step in steps for name in ("agency", "role", "task")],
        "thành phần hồ sơ": [str(paper["name"]) for paper in papers],
        "kết quả": [text_or_none(row.get("result_name")) or ""],
        "yêu cầu, điều kiện": [text_or_none(row.get("conditions")) or ""],
    }
    hits = {place: sorted({hit for text in texts for hit in _hits(str(text))}) for place, texts in places.items()}
    hits = {place: found for place, found in hits.items() if found}
    if "HUYEN" in (text_or_none(row.get("level")) or "").upper().split(","):
        hits = {"cấp thực hiện": ["cấp huyện"]} | hits
    if not hits:
        return
    phrases = list(dict.fromkeys(phrase for found in hits.values() for phrase in found))
    detail = (
        f"Nội dung công bố còn nêu cơ quan cấp huyện, không còn tổ chức từ ngày 01/7/2025 (tại: {', '.join(hits)}); "
        "đề nghị xác định cơ quan nhận nhiệm vụ và công bố lại."
    )
    found = "; ".join(phrase[:1].upper() + phrase[1:] for phrase in phrases)
    clause = ("mô hình chính quyền địa phương hai cấp", _TWO_TIERS)
    yield _row(row, "OBSOLETE_AUTHORITY", clause, detail, (found, "cơ quan cấp tỉnh hoặc cấp xã"))


def _hits(text: str) -> Iterator[str]:
    if "uyện" not in text and "hòng tài nguyên" not in text.lower() and "UYỆN" not in text:
        return
    plain = " ".join(expand_abbreviations(normalise(text)).lower().split())
    for found in _OBSOLETE.finditer(plain):
        around = plain[max(0, found.start() - 60) : found.end() + 40]
        if _PAST.search(around) is None:
            yield found[0]


def _row(
    row: dict[str, Any], check: str, law: tuple[str, str], detail: str, figures: tuple[str, str]
) -> dict[str, Any]:
    name = text_or_none(row["name"]) or str(row["proc_core"])
    values = [str(row["proc_core"]), name, check, law[0], detail, *figures, law[1]]
    return dict(zip(COLUMNS, values, strict=True))


def _limit(quantity: object, unit: object) -> tuple[float | None, str]:
    """A limit in working days (hours at eight a day) or, when so said, calendar days."""
    value, kind = _number(quantity), text_or_none(unit)
    if value is None or kind not in {"WORKING_DAY", "DAY", "HOUR"}:
        return None, ""
    return (round(value / 8, 4), "WORKING_DAY") if kind == "HOUR" else (value, str(kind))


def _limit_vi(limit: tuple[float, str]) -> str:
    return f"{number_vi(limit[0], 2)} {_UNIT_VI[limit[1]]}"


def _number(value: object) -> float | None:
    return None if value is None or pd.isna(value) else float(value)  # type: ignore[call-overload,arg-type]


def _has(column: "pd.Series[Any]") -> bool:
    return bool((column.notna() & ~column.astype(str).isin(["", "[]", "nan", "None"])).any())
