"""What is said of a journey, in the register of the office."""

import re
from collections.abc import Sequence

from analysis.bundles import Bundle
from analysis.journey_links import Link, Steps
from analysis.thresholds import Thresholds
from analysis.words import number_vi, share_vi

_LEAD = re.compile(r"^\s*thủ tục\s*:?\s+", re.IGNORECASE)
_MOST_LINKS = 3  # told in full; the links themselves stand beside it
_LONGEST = 110  # letters of a name inside a sentence; the whole names stand beside it


def reason_vi(
    links: Sequence[Link],
    steps: Steps,
    *,
    bundle: tuple[Bundle, bool] | None,
    doubt: str,
    thresholds: Thresholds,
) -> str:
    """Why the procedures are one journey and what follows from it."""
    told = [_link_vi(link, steps, thresholds) for link in links[:_MOST_LINKS]]
    if len(links) > _MOST_LINKS:
        told.append(f"Còn {len(links) - _MOST_LINKS} mối nối khác giữa các thủ tục này.")
    return " ".join([*told, _outcome_vi(links, bundle=bundle, doubt=doubt, thresholds=thresholds)])


def _link_vi(link: Link, steps: Steps, thresholds: Thresholds) -> str:
    before, after = (_quoted(steps.names[step]) for step in (link.before, link.after))
    told = ""
    if link.by_people:
        told = (
            f"Trong {number_vi(link.cases, 0)} hồ sơ {before}, {share_vi(link.share)} được chính người đó nộp tiếp "
            f"hồ sơ {after} trong {thresholds.journey_days} ngày (ít nhất {share_vi(link.low)}, độ tin cậy "
            f"{share_vi(thresholds.confidence)})."
        )
    if link.result:
        asked = "là giấy tờ phải nộp khi làm" if link.is_needed else "có trong thành phần hồ sơ của"
        given = f"Kết quả “{link.result}” của {before} {asked} {after}."
        told = f"{told} {given}" if told else given
    return told


def _outcome_vi(
    links: Sequence[Link], *, bundle: tuple[Bundle, bool] | None, doubt: str, thresholds: Thresholds
) -> str:
    if bundle and bundle[1]:
        return (
            f"Đã có thủ tục liên thông {_quoted(bundle[0].name)} ({bundle[0].core}): không đề xuất mới, chỉ cần "
            "hướng dẫn người dân nộp một lần theo thủ tục này."
        )
    if doubt == "FEW_GO_ON":
        return (
            f"Số liệu hồ sơ cho thấy chưa đủ {share_vi(thresholds.journey_share)} người nộp hồ sơ tiếp theo trong "
            f"{thresholds.journey_days} ngày, nên chưa đề xuất liên thông."
        )
    if doubt == "MANY_ASK":
        most = max(link.askers for link in links)
        return (
            f"Giấy tờ này có {most} thủ tục cùng yêu cầu: nên khai thác từ cơ sở dữ liệu thay cho việc nộp giấy, "
            "chưa đề xuất liên thông riêng hai thủ tục."
        )
    if doubt == "MAY_BE_OTHER":
        return (
            "Giấy tờ này có thể thay bằng giấy tờ khác hoặc chỉ phải nộp trong một số trường hợp; chưa có số liệu hồ "
            "sơ nên chưa đề xuất liên thông."
        )
    partly = f" Thủ tục liên thông {_quoted(bundle[0].name)} ({bundle[0].core}) mới gộp một phần." if bundle else ""
    if any(link.by_people for link in links):
        return f"Đề nghị xem xét liên thông: nộp hồ sơ một lần, các cơ quan chuyển kết quả cho nhau.{partly}"
    return (
        "Đề nghị xem xét liên thông khi rà soát (điểm b khoản 3 Điều 27 Nghị định số 63/2010/NĐ-CP); chưa có số liệu "
        f"hồ sơ cho biết người dân có làm liền nhau hay không.{partly}"
    )


def _quoted(name: str) -> str:
    plain = _LEAD.sub("", name).strip(" .")
    if len(plain) > _LONGEST:
        plain = plain[:_LONGEST].rsplit(" ", 1)[0].rstrip(" ,;(") + "…"
    return f"“{plain[:1].upper()}{plain[1:]}”"
