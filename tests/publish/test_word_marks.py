"""Which words of several names differ, told by hand."""

from pipelines.publish.word_marks import Words, marked_names, shortened


def test_what_not_all_names_have_is_marked_and_the_rest_is_not():
    found = marked_names(["Cấp lại giấy phép xây dựng", "Cấp giấy phép xây dựng", "Gia hạn giấy phép xây dựng"])
    assert found == [
        [Words("Cấp lại", True), Words("giấy phép xây dựng", False)],
        [Words("Cấp", True), Words("giấy phép xây dựng", False)],
        [Words("Gia hạn", True), Words("giấy phép xây dựng", False)],
    ]


def test_letter_case_punctuation_and_encoding_are_no_difference():
    composed, apart = "Đăng ký khai sinh.", "ĐĂNG KÝ khai sinh"
    found = marked_names([composed, apart])
    assert [[run.marked for run in runs] for runs in found] == [[False], [False]]
    assert found[0][0].text == composed


def test_a_word_is_shared_only_in_the_same_order():
    found = marked_names(["a b c", "c a b"])
    assert found == [
        [Words("a b", False), Words("c", True)],
        [Words("c", True), Words("a b", False)],
    ]


def test_one_name_or_none_has_nothing_marked():
    assert marked_names(["một tên"]) == [[Words("một tên", False)]]
    assert marked_names([]) == []


def test_nothing_is_lost_and_no_word_is_added():
    names = ["Cấp  lại thẻ (bị mất) – lần 2", "Cấp đổi thẻ (bị hỏng)"]
    assert [" ".join(run.text for run in runs) for runs in marked_names(names)] == [
        " ".join(name.split()) for name in names
    ]


def test_a_long_name_is_cut_where_it_is_the_same_and_kept_where_it_differs():
    same = " ".join(f"từ{i}" for i in range(40))
    runs = [Words(same, False), Words("bị mất", True)]
    cut = shortened(runs, letters=60)
    assert cut[1] == Words("bị mất", True)
    assert "…" in cut[0].text
    assert sum(len(run.text) + 1 for run in cut) <= 60
    assert shortened(runs, letters=1000) == runs
