"""Codes that read the same are the same; what a reader tells apart stays apart."""

import pytest

from domain.clean import clean_code, code_of, is_plain_code, visible


@pytest.mark.parametrize(
    "written",
    [
        "IV-1", "IV\u20111", "IV\u20131", "IV\u22121", "IV\ufe631", "\ufeffIV-1", "IV-1\u200b", "I\u00adV-1",
        " IV-1\u00a0", "\uff29\uff36\uff0d\uff11", "IV-\ufe0f1", "IV\u2043\u3164" + "1", "\tIV-1\r\n",
    ],
)  # fmt: skip
def test_what_reads_as_one_code_is_one(written):
    assert clean_code(written) == "IV-1"
    assert is_plain_code(written) == (written == "IV-1")


def test_every_kind_of_space_is_one_inner_space():
    assert {
        clean_code(f"Heat{gap}Water") for gap in (" ", "  ", "\u00a0", "\u2009\u2009", "\u3000", "\t", "\u2800")
    } == {"Heat Water"}


def test_what_a_reader_tells_apart_stays_apart():
    codes = ["a\u00b2", "a2", "\u2163", "IV", "iv", "Ô", "O", "D", "Đ", "1/2", "\u00bd"]
    assert len({clean_code(code) for code in codes}) == len(codes)
    assert clean_code("\u00d0D") == "ĐD"
    assert clean_code("A\u0306n") == "\u0102n"
    assert visible("Trạng\u200b thái \u2013 1") == "Trạng thái \u2013 1"


def test_only_the_national_grammar_has_capitals():
    written = "h36.15-20170101-0001"
    assert code_of("dossier_code", written, "national") == written.upper()
    assert code_of("proc_code", "1.000001.h36", "national") == "1.000001.H36"
    assert code_of("dossier_code", written, "any") == written
    assert code_of("office_code", "mc", "national") == "mc"
