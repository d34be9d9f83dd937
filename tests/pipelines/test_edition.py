"""An edition: the same content is the same edition, other content stands beside it, and nothing altered is read."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from domain.errors import KnownError
from pipelines.edition import Content, Edition, numbers_in, read_edition, write_edition

FRAME = pd.DataFrame(
    {"a": [1, 2], "b": ["x", None], "c": [0.5, float("nan")], "d": pd.to_datetime(["2017-01-02", None])}
)


def content(value: int = 1, **facts: object) -> Content:
    return Content(
        frames={"one": FRAME.assign(a=[value, 2]), "none": pd.DataFrame()},
        public={"one": FRAME[["a"]]},
        facts={"minimum_group": 5, **facts},
        about={"versions": {"tinhgon": "1"}},
    )


def test_what_was_written_is_read(tmp_path: Path) -> None:
    edition = write_edition(tmp_path, "2017-Q4", content())
    assert (edition.name, edition.number, dict(edition.facts)) == ("2017-Q4/1", 1, {"minimum_group": 5})
    pd.testing.assert_frame_equal(edition.frames["one"], FRAME, check_dtype=False)
    assert edition.frames["none"].empty
    assert "public" not in edition.frames
    assert pd.read_parquet(edition.folder / "public" / "one.parquet")["a"].tolist() == [1, 2]


def test_the_same_is_the_same_and_other_content_is_beside_it(tmp_path: Path) -> None:
    first = write_edition(tmp_path, "2017-Q4", content())
    assert write_edition(tmp_path, "2017-Q4", content()).fingerprint == first.fingerprint
    assert numbers_in(tmp_path) == [1]
    newer = Content(**{**vars(content()), "about": {"versions": {"tinhgon": "2"}}})
    assert write_edition(tmp_path, "2017-Q4", newer).number == 1, (
        "a newer program that says the same is no new edition"
    )
    second = write_edition(tmp_path, "2017-Q4", content(7))
    third = write_edition(tmp_path, "2017-Q4", content(7, place="Đắk Glong"))
    assert [second.number, third.number] == [2, 3]
    assert len({first.fingerprint, second.fingerprint, third.fingerprint}) == 3
    assert read_edition(tmp_path, "2017-Q4").number == 3
    assert read_edition(tmp_path, "2017-Q4", 1).fingerprint == first.fingerprint


def test_one_that_was_not_finished_is_none(tmp_path: Path) -> None:
    write_edition(tmp_path, "2017-Q4", content())
    half = shutil.copytree(tmp_path / "edition-1", tmp_path / "edition-2")
    (half / "manifest.json").unlink()
    assert numbers_in(tmp_path) == [1]
    assert write_edition(tmp_path, "2017-Q4", content(7)).number == 2


@pytest.mark.parametrize("name", ["frames/one.parquet", "public/one.parquet", "manifest.json"])
@pytest.mark.parametrize("harm", ["altered", "cut", "emptied", "deleted"])
def test_whatever_is_not_what_was_written_is_refused(tmp_path: Path, name: str, harm: str) -> None:
    edition: Edition = write_edition(tmp_path, "2017-Q4", content())
    path = edition.folder / name
    data = path.read_bytes()
    if harm == "deleted":
        path.unlink()
    else:
        changed = data.replace(b"minimum_group", b"minimum_grouP").replace(b"PAR1", b"PAR2")
        path.write_bytes({"altered": changed, "cut": data[: len(data) // 2], "emptied": b""}[harm])
    with pytest.raises(KnownError, match=r"E-EDITION-BROKEN|E-NO-EDITION"):
        read_edition(tmp_path, "2017-Q4")


def test_a_manifest_without_its_seal_must_still_fit_its_fingerprint(tmp_path: Path) -> None:
    edition = write_edition(tmp_path, "2017-Q4", content())
    path = edition.folder / "manifest.json"
    lines = [line for line in path.read_text().splitlines() if "seal_sha256" not in line]
    path.write_text("\n".join(lines).replace('"minimum_group": 5', '"minimum_group": 6').replace('",\n}', '"\n}'))
    with pytest.raises(KnownError, match="E-EDITION-BROKEN"):
        read_edition(tmp_path, "2017-Q4")


def test_a_number_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(KnownError, match="E-NO-EDITION"):
        read_edition(tmp_path, "2017-Q4")
    write_edition(tmp_path, "2017-Q4", content())
    with pytest.raises(KnownError, match=r"no edition \[4\]; there are \[1\]"):
        read_edition(tmp_path, "2017-Q4", 4)
