"""Codes of dossiers, procedures, units."""

from datetime import date

import pandas as pd
import pytest

from domain.codes import (
    ACTIVE_PROVINCES,
    PROVINCES,
    RETIRED_PROVINCES,
    DossierCode,
    modern_identifier,
    parse_dossier_code,
    parse_dossier_codes,
    proc_core,
    proc_cores,
    province_of,
)

DOSSIER_CODES = {
    "000.25.15.H36-190107-0042": DossierCode("000.25.15.H36", date(2019, 1, 7), 42, "OLD"),
    "000.00.01.H22-241105-0007": DossierCode("000.00.01.H22", date(2024, 11, 5), 7, "OLD"),
    "000.00.01.H22-241105-73120": DossierCode("000.00.01.H22", date(2024, 11, 5), 73120, "OLD", True),
    "G09.20-20260609-0092637": DossierCode("G09.20", date(2026, 6, 9), 92637, "NEW"),
    "H21.227-20250704-0001": DossierCode("H21.227", date(2025, 7, 4), 1, "NEW"),
    "H16-20170228-0001": DossierCode("H16", date(2017, 2, 28), 1, "NEW"),
    "000.25.15.H36-190230-0042": None,  # 30 February
    "H16-20171301-0001": None,
    "000.25.15.H36-190107-042": None,
    "000.25.15.H36-190107-004211": None,
    "000.25.15.H36-20190107-0042": None,
    "000.25.15.h36-190107-0042": None,
    " 000.25.15.H36-190107-0042": None,
    "000.25.15.H36-190107-0042\n": None,
    "000.25.15.H36-19010７-0042": None,  # full-width digit
    "case-10011": None,
    "": None,
}


@pytest.mark.parametrize(("code", "expected"), DOSSIER_CODES.items())
def test_dossier_code(code, expected):
    assert parse_dossier_code(code) == expected


def test_dossier_codes_as_a_column_agree():
    codes = pd.Series([*DOSSIER_CODES, None], index=range(5, 6 + len(DOSSIER_CODES)))
    frame = parse_dossier_codes(codes)
    assert list(frame) == ["unit", "day", "seq", "regime", "is_recoded"]
    assert list(frame.index) == list(codes.index)
    for got, expected in zip(frame.itertuples(index=False), [*DOSSIER_CODES.values(), None], strict=True):
        if expected is None:
            assert pd.isna(got.unit)
            assert pd.isna(got.day)
            assert pd.isna(got.seq)
            assert pd.isna(got.regime)
            assert not got.is_recoded
        else:
            assert DossierCode(got.unit, got.day.date(), got.seq, got.regime, got.is_recoded) == expected


@pytest.mark.parametrize(
    ("code", "core"),
    [
        ("2.002492", "2.002492"),
        ("3.000181.000.00.00.H22", "3.000181"),
        ("1.013778.01", "1.013778"),
        ("1.013778.H36", "1.013778"),
        ("1.013778.000.00.00.H22.02", "1.013778"),
        ("0.013778", None),
        ("1.13778", None),
        ("1.0137780", None),
        ("1.013778\n", None),
        ("T-DKL-01", None),
        ("", None),
    ],
)
def test_proc_core(code, core):
    assert proc_core(code) == core
    column = proc_cores(pd.Series([code, code, None], index=[3, 1, 2]))
    assert list(column.index) == [3, 1, 2]
    assert column.isna().tolist() == [core is None, core is None, True]
    assert core is None or column.tolist()[:2] == [core, core]


def test_identifiers_and_provinces():
    assert modern_identifier("000.25.15.H36") == "H36.15.25"
    assert modern_identifier("000.00.00.H49") == "H49"
    assert modern_identifier("003.00.04.G18") == "G18.04.00.003"
    assert modern_identifier("H21.227") == "H21.227"
    assert modern_identifier("nơi khác") == "nơi khác"
    assert province_of("000.25.15.H16") == "Đắk Nông"
    assert province_of("H36.15") == "Lâm Đồng"
    assert province_of("G09.20") is None
    assert province_of("?") is None


def test_province_table():
    assert (len(ACTIVE_PROVINCES), len(RETIRED_PROVINCES), len(PROVINCES)) == (34, 29, 63)
    assert list(PROVINCES) == [f"H{n:02d}" for n in range(1, 64)]
