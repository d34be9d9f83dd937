"""The parts of the quarter book about slowness: figures with n and interval, no small group, no accusation."""

import html as markup
import re
from typing import Any

import pandas as pd
import pytest

from pipelines.publish import (
    charts,
    limit_view,
    quarter_view,
    slow_charts,
    slow_summary,
    slow_view,
    step_view,
    trend_view,
)
from pipelines.publish.quarter_book import write_quarter_book
from tests.publish import samples, slow_samples

NBSP = "\u00a0"
PARTS = ("so-sanh", "cham", "buoc", "han", "xu-huong", "ghi-so-lieu")


def written(folder, **changes: Any) -> str:
    return write_quarter_book(samples.quarter_papers(**changes), folder).read_text("utf-8")


def words(page: str) -> str:
    """What a reader sees, in one line."""
    text = re.sub(r"<(style|svg)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(markup.unescape(re.sub(r"<[^>]+>", " ", text)).replace(NBSP, " ").split())


def part(page: str, name: str) -> str:
    begin = page.index(f'<section id="{name}">')
    return words(page[begin : page.index("</section>", begin)])


@pytest.fixture(scope="module")
def book(tmp_path_factory) -> str:
    return written(tmp_path_factory.mktemp("slow"))


@pytest.fixture
def papers():
    return samples.quarter_papers()


def test_five_ways_stand_together_each_with_its_denominator_and_766_is_on_time(book):
    text = part(book, "tinh-hinh")
    for figure in (
        "trễ 10,4 % 9,7 % đến 11,2 % 6.952 hồ sơ có hẹn trả",
        "trễ 10,1 % 9,4 % đến 10,9 % 6.100 hồ sơ đã đến ngày hẹn",
        "trễ 9,6 % 6.025 hồ sơ đã giải quyết có hẹn trả",
        "trễ 8,4 % 980 hồ sơ giải quyết xong trong quý",
        "đúng hạn 92,3 % 1.315 hồ sơ tiếp nhận hoặc giải quyết trong quý",
        "7 hồ sơ đang tạm dừng, 3 hồ sơ không có ngày hẹn trả (không coi là đúng hạn), 6 hồ sơ quá hạn chưa xong",
    ):
        assert figure in text


def test_a_unit_has_the_five_ways_too_and_a_share_of_few_dossiers_is_not_told(papers):
    rows = {row["name"]: row for row in slow_view.unit_ways(papers)}
    assert set(rows) == {samples.UNITS["DG-MC"], samples.UNITS["DG-QK"]}
    assert rows[samples.UNITS["DG-QK"]]["official"] == {"share": 0.125, "low": None, "high": None, "n": 80}
    few = samples.timeliness().assign(official_n=5, index766_n=6)
    row = slow_view.unit_ways(samples.quarter_papers(results=samples.results(timeliness=few)))[0]
    assert row["official"]["share"] is None
    assert row["index"]["share"] == 0.905


def test_units_are_beside_what_their_dossiers_let_expect(book, papers):
    first, second = slow_view.compared_units(papers)
    assert (first["name"], first["words"]) == (samples.UNITS["DG-MC"], "nhiều hơn dự kiến")
    assert second["words"] == "trong khoảng bình thường"
    text = part(book, "so-sanh")
    assert "2.400 412 / 265,4 1,55 17,2 %" in text
    assert "5 trên 7" in text
    assert "0,87 0,83 – 0,91" in text
    assert "không phải xếp hạng" in text


def test_who_is_not_compared_is_told_why_without_a_figure(book):
    text = part(book, "so-sanh")
    assert "UBND xã Đắk Plao: số đêm không nhận được dữ liệu dùng được là 20 %, quá mức 10 %." in text
    assert "2 đơn vị có quá ít hồ sơ đã đến hạn (gộp lại 13 hồ sơ), không nêu tên." in text
    assert text.count("Đắk Plao") == 1
    for name in ("Quảng Sơn", "Đắk R'Măng"):
        assert name not in text


def test_only_units_that_may_be_named_are_named_in_the_funnel(papers):
    funnel = slow_view.funnel(papers)
    names = [point["name"] for point in funnel["points"]]
    assert names == ["", samples.UNITS["DG-QK"], samples.UNITS["DG-MC"]]
    assert funnel["points"][0]["n"] == 13, "the two small units together"
    assert funnel["whole"] == pytest.approx((412 + 31 + 3 + 2) / (2400 + 640 + 4 + 9))
    assert funnel["limits"] == [], "of few units each has limits of its own"
    for point in funnel["points"][1:]:
        assert 0 <= point["low998"] <= point["low95"] < point["high95"] <= point["high998"]
    assert "low95" not in funnel["points"][0]


def test_of_many_units_the_exact_limits_are_drawn_once():
    rows = [slow_samples.compared(f"X{n}", 20 + n * 10, 2 + n, 2.0 + n) for n in range(70)]
    funnel = slow_view.funnel(samples.quarter_papers(results=samples.results(comparison=pd.DataFrame(rows))))
    wide = [row["high998"] - row["low998"] for row in funnel["limits"]]
    assert wide[0] > wide[-1]
    assert all(row["low998"] <= row["low95"] <= row["high95"] <= row["high998"] for row in funnel["limits"])


def test_one_small_unit_is_no_point_at_all():
    table = slow_samples.comparison()
    table = table[table["unit_code"] != "DG-DM"]
    funnel = slow_view.funnel(samples.quarter_papers(results=samples.results(comparison=table)))
    assert [point["n"] for point in funnel["points"]] == [640, 2400]


def test_names_on_a_funnel_do_not_lie_on_each_other():
    points = [{"n": 500, "share": 0.1, "name": f"UBND xã {place}", "place": "NEAR"} for place in range(5)]
    place = {"x": {"scale": {"domain": [0, 600]}}, "y": {"scale": {"domain": [0, 0.5]}}}
    assert sum(len(layer["data"]["values"]) for layer in slow_charts._labels(points, place)) == 1


def test_slow_everywhere_is_told_apart_from_slow_at_one_unit(book, papers):
    everywhere, somewhere = (
        [row["label"] for row in slow_view.slow_procedures(papers) if (row["unit"] is None) is whole]
        for whole in (True, False)
    )
    assert everywhere == [samples.LAND]
    assert somewhere == [f"{samples.LAND} – {samples.UNITS['DG-MC']}"]
    text = part(book, "cham")
    one = text.index("Chậm ở phần lớn đơn vị Chấm tròn")
    other = text.index("Chậm ở một đơn vị Tỷ lệ trễ")
    assert "35,0 % 30,0 % – 41,0 % trên 420" in text[one:other]
    assert "17,0 % 14,0 % – 21,0 % 3 trên 4" in text[one:other]
    assert "41,0 % 33,0 % – 50,0 % trên 140 27,0 % trên 150 17,0 %" in text[other:]


def test_survival_curves_have_their_limit_and_stop_where_few_are_left(papers):
    curves = limit_view.survival(papers, slow_view.slow_procedures(papers))
    assert [(row["proc_core"], row["limit"]) for row in curves] == [("1.012756", 30.0), ("1.012781", 15.0)]
    land, change = curves
    assert (land["late"], change["late"]) == (0.35, None), "by date as in the table, not read off the curve"
    kept = slow_samples.curves().query("proc_core == '1.012781' and at_risk > 5")
    assert change["points"][-1]["days"] == kept["days"].max() < 60
    assert change["points"][0] == {"days": 0.0, "share": 1.0, "low": 1.0, "high": 1.0}


def test_without_flags_the_curves_are_of_the_latest_then_the_largest():
    papers = samples.quarter_papers(results=samples.results(limits=pd.DataFrame()))
    curves = limit_view.survival(papers, [])
    assert [(row["proc_core"], row["limit"]) for row in curves] == [("1.012756", None), ("1.012781", None)]


def test_the_ladder_sums_steps_and_keeps_the_plan_beside(papers):
    ladder = step_view.ladder(papers)
    assert [(row["start"], row["end"], row["plan_end"]) for row in ladder["rows"]] == [
        (0.0, 10.5, 5.0),
        (10.5, 13.5, 7.0),
    ]
    assert (ladder["dossiers"], ladder["left_out"]) == (130, 2)


def test_causes_add_up_to_the_waiting_and_the_unknown_comes_last(book, papers):
    whole = step_view.waiting_total(papers)
    assert sum(row["days"] for row in whole["rows"]) == pytest.approx(whole["days"])
    assert whole["rows"][-1]["cause"] == "rest"
    assert whole["rows"][-1]["end"] == pytest.approx(whole["days"])
    assert whole["days"] == pytest.approx(1000 + 300 + 300 + 9)
    text = part(book, "buoc")
    assert "Phòng Tài nguyên và Môi trường – Bộ phận Tiếp nhận và Trả kết quả huyện Đắk Glong 800 1,3 1.000" in text
    assert "chờ cơ quan khác 30 %" in text
    assert "chưa phải lời giải thích của đơn vị" in text


def test_offices_of_a_unit_whose_steps_were_entered_in_bulk_are_not_named(book, papers):
    assert "NHAPDON" not in book
    text = part(book, "buoc")
    assert "UBND xã Đắk R'Măng: số bước được nhập dồn cùng một lúc là 60 %, quá mức 20 %." in text
    assert {row["unit_code"] for row in step_view.desks(papers)} == {"DG-MC"}


def test_desks_tell_what_came_what_went_and_what_is_left(book, papers):
    text = part(book, "buoc")
    assert "tồn tăng 930 780 84 % 76 % – 92 % 60 → 210 214 87 % 3,5" in text
    assert "18 → 13 30 – 0,3" in text, "no work time recorded is unknown, not nought"
    growing, other = step_view.backlogs(papers)
    assert (growing["is_growing"], len(growing["weeks"])) == (True, 52)
    assert other["weeks"][0] == {"week": "2017-01-02", "backlog": 13}


def test_ways_are_told_and_those_that_cannot_be_timed_have_no_time(book, papers):
    ways = step_view.handovers(papers)
    assert [row["median_days"] for row in ways["slow"]] == [4.5, 0.8]
    assert (ways["often"][0]["n"], ways["often"][0]["median_days"]) == (900, None)
    assert (ways["ways"], ways["untimed"]) == (3, 1)
    text = part(book, "buoc")
    assert "một nửa số hồ sơ trong 12 ngày, chín phần mười trong 55,5 ngày (trên 1.180 hồ sơ" in text
    assert "Bước hiếm" not in book


def test_limit_curves_show_todays_limit_and_the_proposed_one(papers):
    (row,) = limit_view.limit_curves(papers)
    assert (row["proc_core"], row["now"], row["proposed"], row["n"]) == ("1.012781", 15.0, 10.0, 210)


def test_limits_that_cannot_be_kept_name_the_step(tmp_path):
    flags = [
        samples.flag("f8", "LIMIT_TOO_SHORT", proc_core="1.012781", rule="KM_CUT_HARMFUL"),
        samples.flag("f9", "LIMIT_TOO_SHORT", proc_core="1.012756", rule="KM_MOST_LATE"),
    ]
    limits = samples.limits().assign(
        late_share_now=[0.2, 0.61], shorter_late_share=[0.31, 0.66], shorter_low=0.25, shorter_high=0.7,
        step_to_mend=["Trình ký", None],
    )  # fmt: skip
    text = part(written(tmp_path, results=samples.results(flags=pd.DataFrame(flags), limits=limits)), "han")
    assert "1.012756 phần lớn không kịp 30 140 24 61,0 % 0,2 % – 3,0 % 66,0 % 25,0 % – 70,0 % chưa có số liệu" in text
    assert "1.012781 15 210 5,5 20,0 % 0,2 % – 3,0 % 31,0 % 25,0 % – 70,0 % Trình ký" in text
    assert text.index("phần lớn không kịp") < text.index("Trình ký")
    assert "Trễ nếu bớt 1 ngày" in text


def test_a_limit_that_no_dossier_needed_says_so(tmp_path):
    limits = samples.limits().assign(longest_days=11.0, never_needed_days=4.0, is_padded_by_dossiers=[True, False])
    text = part(written(tmp_path, results=samples.results(limits=limits)), "han")
    assert "4,0 % 2,0 % – 8,0 % 11 4 ngày cuối chưa hồ sơ nào dùng" in text


def test_trends_give_both_shares_both_denominators_and_the_interval(book, papers):
    text = part(book, "xu-huong")
    assert "12,1 % trên 1.500 hồ sơ đã đến hạn, so với 11,3 % trên 1.450 của cùng quý năm trước" in text
    assert "thay đổi +0,8 điểm phần trăm (khoảng tin cậy 95 %: −1,5 đến +3,1; trong cùng loại hồ sơ: +0,4)" in text
    assert "19,0 % trên 610 11,0 % trên 560 +8 +4 đến +12 +7 cùng quý năm trước trễ tăng" in text
    assert "quý liền trước trễ giảm" in text
    assert "1 đơn vị, thủ tục không đủ số liệu để so sánh hai quý" in text
    changed = trend_view.trends(papers)["changed"]
    assert [row["unit"] for row in changed] == [samples.UNITS["DG-MC"], None], (
        "a unit the gate holds back is not named"
    )


def test_a_cut_is_told_beside_what_was_not_cut_and_too_few_is_an_answer(book):
    text = part(book, "xu-huong")
    told = "20 → 15 từ 01/03/2017 71,0 % → 86,0 % trên 320 → 410 74,0 % → 76,0 % 6 thủ tục, trên 900 → 950"
    assert f"{told} +13 +6 đến +20 9 → 5,5 xong sớm hơn" in text
    assert "5 → 3 từ 01/03/2017 – – – – không đủ số liệu" in text


def test_records_are_checked_beside_the_others_and_nobody_is_accused(book):
    text = part(book, "ghi-so-lieu")
    assert "không phải kết luận về đơn vị hay cá nhân" in text
    assert "1.600 208 13,0 % 10,4 % – 15,6 % 3,0 % trên 900 nên kiểm tra" in text
    assert "dữ liệu của đơn vị chưa đạt yêu cầu để so sánh" in text
    assert "quá ít trường hợp để so sánh" in text
    assert "Đắk Plao" not in text
    for word in ("vi phạm", "gian lận", "sai phạm", "che giấu", "cố tình"):
        assert word not in words(book)


def test_the_summary_names_the_slow_the_cause_and_what_became_worse(book):
    text = part(book, "tom-tat")
    assert "1 trên 2 đơn vị được so sánh có số hồ sơ trễ nhiều hơn dự kiến" in text
    assert "(412 hồ sơ trễ trên 2.400 đã đến hạn, dự kiến 265,4)" in text
    assert "chưa rõ nguyên nhân" not in text
    assert "nguyên nhân lớn nhất là chờ gom hồ sơ (28,6 %)" in text
    assert "từ 11,0 % trên 560 hồ sơ lên 19,0 % trên 610 hồ sơ" in text


def test_where_most_of_the_waiting_is_not_explained_the_summary_says_so():
    days = (0.0, 0.0, 0.0, 0.0, 20.0, 50.0, 930.0)
    waiting = pd.DataFrame([slow_samples.waited("OFFICE", 400, days, unit_code="DG-MC", office_code="TNMT")])
    (said,) = [
        sentence
        for sentence in slow_summary.slow_sentences(samples.quarter_papers(results=samples.results(waiting=waiting)))
        if "phải chờ" in sentence
    ]
    assert "93,0\u00a0% chưa rõ nguyên nhân, phần biết được lớn nhất là chờ hồ sơ đến trước (5,0\u00a0%)" in said


def test_time_that_is_more_than_nothing_is_not_written_as_nought(tmp_path):
    ways = slow_samples.handovers().assign(median_days=0.002)
    text = part(written(tmp_path, results=samples.results(handovers=ways)), "buoc")
    assert "480 6,3 < 0,1 14" in text


def test_the_summary_is_silent_where_there_is_nothing_to_say():
    nothing = samples.results(**{name: pd.DataFrame() for name in slow_samples.NAMES})
    assert slow_summary.slow_sentences(samples.quarter_papers(results=nothing)) == []


@pytest.mark.parametrize("is_bare", [True, False], ids=["no columns", "columns only"])
def test_empty_frames_never_break_the_page(tmp_path, check_page, is_bare):
    empty = {name: pd.DataFrame() if is_bare else frame.head(0) for name, frame in slow_samples.frames().items()} | {
        "timeliness": samples.timeliness().head(0),
        "steps": pd.DataFrame(),
        "limits": samples.limits().head(0),
        "flags": samples.results().flags.head(0),
    }
    if is_bare:
        empty |= dict.fromkeys(("timeliness", "flags", "proposals", "costs", "report_06a"), pd.DataFrame())
    page = written(tmp_path, results=samples.results(**empty))
    check_page(page)
    for name in PARTS:
        said = part(page, name)
        assert "hông đủ số liệu" in said or "Không có" in said or "Chưa có" in said, name


@pytest.mark.parametrize(
    ("off", "name", "frames"),
    [
        ("comparison", "so-sanh", ("comparison", "effects", "speed")),
        ("waiting", "buoc", ("waiting",)),
        ("workload", "buoc", ("load", "backlog")),
        ("handovers", "buoc", ("handovers", "throughput")),
        ("trends", "xu-huong", ("trends", "series")),
        ("integrity", "ghi-so-lieu", ("integrity",)),
    ],
)
def test_a_part_that_is_off_says_why(tmp_path, off, name, frames):
    reason = "nguồn dữ liệu không có phần này"
    results = samples.results(switched_off=((off, reason),), **{each: pd.DataFrame() for each in frames})
    page = written(tmp_path, results=results)
    assert f"Không tính phần này, vì {reason}." in part(page, name)
    assert f"{quarter_view.PART_VI[off]} : không tính, vì {reason}" in part(page, "khong-tinh")


def test_small_groups_are_in_no_part(book):
    for name in PARTS:
        said = part(book, name)
        assert "Quảng Sơn" not in said
        assert "9.999999" not in said


def test_hostile_names_stay_text_in_every_part(tmp_path, check_page):
    evil = "<script>alert(1)</script> & </svg><img src=x>"
    waiting = slow_samples.waiting().assign(task=evil, from_task=evil, office_code=evil)
    ways = slow_samples.handovers().assign(from_task=evil, to_office=evil)
    load = slow_samples.load().assign(office_code=evil)
    gate = slow_samples.gate()
    gate["reason_vi"] = gate["reason_vi"].where(gate["passes"], evil)
    results = samples.results(
        waiting=waiting, handovers=ways, load=load, gate=gate,
        backlog=slow_samples.backlog().assign(office_code=evil),
        flags=samples.results().flags.assign(sentence=evil),
    )  # fmt: skip
    page = written(
        tmp_path,
        results=results,
        units=samples.units().assign(name=evil),
        procedures=samples.procedures().assign(name=evil),
    )
    check_page(page)
    assert evil not in page


@pytest.mark.slow
def test_every_chart_is_a_valid_specification(tmp_path, monkeypatch):
    alt = pytest.importorskip("altair")
    drawn = []

    def checked(spec: dict[str, Any], *, title: str) -> Any:
        alt.Chart.from_dict({"$schema": alt.SCHEMA_URL, "width": 1, "config": charts.CONFIG, **spec}).to_dict()
        drawn.append(title)
        return draw(spec, title=title)

    draw = charts.draw
    monkeypatch.setattr(charts, "draw", checked)
    monkeypatch.setattr(slow_charts, "draw", checked)
    page = written(tmp_path)
    assert len(drawn) == len(set(drawn)) == page.count("<svg")


def test_two_long_names_cut_alike_keep_a_line_each():
    rows = charts.labelled([{"label": "thủ " * 80 + end} for end in ("một", "hai")])
    assert len({row["label"] for row in rows}) == 2
    assert len({row["label"].rstrip(charts.ZERO_WIDTH) for row in rows}) == 1
