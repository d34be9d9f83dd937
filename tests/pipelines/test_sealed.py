"""What we make of landing proves itself: damaged or missing files are made again; lost raw bytes are told."""

import json
import shutil
from pathlib import Path

import pytest

from pipelines.collect import collect_unit, restage
from pipelines.landing import MANIFESTS, read_manifest
from pipelines.sealed import SEAL, read_sealed, write_sealed
from pipelines.stage import read_staged
from tests.factories.sites import NIGHT, ROW, csv_text, hand_in, json_text, make_site, source, unit


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def altered(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def gone(path: Path) -> None:
    path.unlink()


def a_site(tmp_path):
    """Two sources, one with a control file; the inbox is gone once it was collected."""
    sources = [
        source(control={"place": "{night}/{unit}/ho_so.dem"}),
        source(id="buoc", table="step", place="{night}/{unit}/buoc_*.csv",
               columns={"dossier_code": "Mã", "arrived_at": "Lúc"}),
    ]  # fmt: skip
    settings = make_site(tmp_path, [unit(sources=sources)])
    hand_in(settings, "ho_so.csv", csv_text([ROW, ["HS-2"]]))
    hand_in(settings, "ho_so.dem", json_text({"dossier_count": 2}))
    hand_in(settings, "buoc_1.csv", csv_text([["HS-1", "18/12/2017"]], headings=["Mã", "Lúc"]))
    outcome = collect_unit(settings, NIGHT, "X1")
    assert (outcome.rows_in, outcome.control_total) == (3, 2)
    shutil.rmtree(settings.inbox)
    return settings, outcome


@pytest.mark.parametrize("damage", [half, altered, emptied, gone])
def test_every_file_made_of_landing_is_made_again_without_a_hand(tmp_path, damage):
    settings, outcome = a_site(tmp_path)
    landing = settings.var / "landing"
    once = tree(landing)
    derived = [name for name in once if name.startswith("staged/") or Path(name).name in MANIFESTS]
    assert len(derived) == 6 + 2
    for name in derived:
        damage(landing / name)
        for again in (restage(settings, NIGHT, "X1"), collect_unit(settings, NIGHT, "X1")):
            assert again == outcome, name
        assert tree(landing) == once, name
        assert read_staged(settings, NIGHT, ["X1"]).outcomes == [outcome]


@pytest.mark.parametrize("damage", [half, altered, gone])
def test_a_manifest_lost_twice_is_made_again_from_the_raw_files(tmp_path, damage):
    settings, outcome = a_site(tmp_path)
    once = tree(settings.var / "landing")
    for name in MANIFESTS:
        damage(settings.var / "landing" / "raw" / NIGHT / "X1" / name)
    assert restage(settings, NIGHT, "X1") == outcome
    assert tree(settings.var / "landing") == once


def test_a_raw_file_of_unknown_source_is_told_when_the_manifest_is_lost(tmp_path):
    sources = [source(), source(id="cu", place="{night}/{unit}/cu/ho_so.csv")]
    settings = make_site(tmp_path, [unit(sources=sources)])
    hand_in(settings, "ho_so.csv", csv_text([ROW]))
    collect_unit(settings, NIGHT, "X1")
    shutil.rmtree(settings.inbox)
    for name in MANIFESTS:
        gone(settings.var / "landing" / "raw" / NIGHT / "X1" / name)
    outcome = restage(settings, NIGHT, "X1")
    assert outcome.status == "FAILED"
    assert "không rõ tệp [ho_so.csv] thuộc nguồn nào" in outcome.message


@pytest.mark.parametrize("damage", [half, altered, emptied, gone])
def test_raw_bytes_lost_after_they_were_read_are_told_and_no_row_is_lost(tmp_path, damage):
    settings, outcome = a_site(tmp_path)
    files = read_manifest(settings, NIGHT, "X1").files
    raw = settings.var / "landing" / "raw" / NIGHT / "X1" / files[0].stored
    kept = raw.read_bytes()
    damage(raw)
    told = restage(settings, NIGHT, "X1")
    assert told.message.startswith("E-VUNG-TIEP-NHAN: Tệp gốc [ho_so.csv]")
    assert (told.status, told.rows_in) == (outcome.status, outcome.rows_in)
    assert len(read_staged(settings, NIGHT, ["X1"]).frames["dossier"]) == 1
    assert restage(settings, NIGHT, "X1") == told, "the same again, no second telling"
    raw.write_bytes(kept)
    assert restage(settings, NIGHT, "X1") == outcome, "brought back from a backup: all is well"


def test_raw_bytes_lost_and_still_in_the_inbox_are_landed_again(tmp_path):
    settings = make_site(tmp_path)
    hand_in(settings, "ho_so.csv", csv_text([ROW]))
    outcome = collect_unit(settings, NIGHT, "X1")
    once = tree(settings.var / "landing")
    [file] = read_manifest(settings, NIGHT, "X1").files
    altered(settings.var / "landing" / "raw" / NIGHT / "X1" / file.stored)
    assert collect_unit(settings, NIGHT, "X1") == outcome
    assert tree(settings.var / "landing") == once


def test_raw_bytes_and_what_was_read_of_them_lost_is_a_failed_unit(tmp_path):
    settings, _ = a_site(tmp_path)
    files = read_manifest(settings, NIGHT, "X1").files
    gone(settings.var / "landing" / "raw" / NIGHT / "X1" / files[0].stored)
    shutil.rmtree(settings.var / "landing" / "staged")
    outcome = restage(settings, NIGHT, "X1")
    assert (outcome.status, outcome.rows_in) == ("FAILED", 1), "the other source's row stays"


BROKEN = [b"", b"{", b"[]", b"null", b'{"a": 1, "seal_sha256": "0"}', b"\xed\xa0\x80"]


@pytest.mark.parametrize("text", BROKEN)
def test_what_is_no_sealed_file_is_not_there(tmp_path, text):
    path = tmp_path / "a.json"
    path.write_bytes(text)
    assert read_sealed(path) is None
    assert read_sealed(tmp_path / "none.json") is None
    assert read_sealed(path / "below") is None


def test_a_sealed_file_is_read_back_and_an_earlier_versions_taken_as_it_stands(tmp_path):
    path = tmp_path / "a.json"
    write_sealed(path, {"tên": "Quảng Khê", "n": [1, None]})
    assert read_sealed(path) == {"tên": "Quảng Khê", "n": [1, None]}
    assert SEAL in json.loads(path.read_text(encoding="utf-8"))
    path.write_text('{"a": 1}', encoding="utf-8")
    assert read_sealed(path) == {"a": 1}
