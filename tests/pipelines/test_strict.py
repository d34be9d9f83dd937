"""Whatever stands in a site's YAML, it is understood or refused with the file's name; nothing else comes out."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import KnownError
from pipelines.site import SiteFile, load_site
from pipelines.strict import read_model, read_yaml
from tests.factories.sites import unit, write_site

ODD = {
    "50,000 lists": "name: " + "[" * 50_000,
    "50,000 keys": "{a: " * 50_000,
    "50,000 lists closed": "name: " + "[" * 50_000 + "]" * 50_000,
    "600 levels": "name: " + "[" * 600 + "]" * 600,
    "a list as a key": "? [a, b]\n: c\n",
    "a mapping as a key": "{{a: b}: c}",
    "5,000 digits": "name: " + "9" * 5000,
    "a number that is none": "name: !!int abc",
    "a share that is none": "name: !!float abc",
    "a day that is none": "name: !!timestamp 2017-13-01",
    "bytes that are none": "name: !!binary é",
    "a tag nobody knows": "name: !thing x",
    "Python's own": "name: !!python/object/apply:os.system [ls]",
    "itself": "name: &a [*a]",
    "an alias of nothing": "name: *a",
    "a NUL": "name: a\0b",
    "half a letter": "name: '\\ud83d'",
    "a set": "name: !!set {a, b}",
    "an ordered map": "name: !!omap [a: b]",
    "two documents": "name: a\n---\nname: b\n",
    "a tab": "name:\n\t- a\n",
    "only a text": "xin chào",
    "nothing": "",
    "a merge": "<<: {name: a}\ncode: b\n",
}


@pytest.mark.parametrize("name", ODD)
def test_odd_yaml_is_refused_with_the_name_of_the_file(tmp_path: Path, name: str) -> None:
    path = tmp_path / "site.yml"
    path.write_text(ODD[name], encoding="utf-8")
    with pytest.raises(KnownError) as refused:
        read_model(path, SiteFile)
    assert refused.value.code in ("E-SITE-YAML", "E-SITE-KEY")
    assert "site.yml" in str(refused.value)
    assert len(str(refused.value)) < 2000


def test_a_site_with_odd_yaml_is_refused_at_the_door(tmp_path: Path) -> None:
    folder = write_site(tmp_path, [unit("X1"), unit("X2")])
    (folder / "units" / "X2.yml").write_text("sources: " + "[" * 50_000)
    with pytest.raises(KnownError, match=r"X2\.yml"):
        load_site(folder)


PIECES = st.sampled_from(
    [
        "[",
        "]",
        "{",
        "}",
        ":",
        ",",
        "- ",
        "\n",
        "  ",
        "a",
        "'",
        '"',
        "&a ",
        "*a",
        "!!int ",
        "? ",
        "!!float ",
        "|",
        ">",
        "#",
        "%",
        "@",
        "~",
        "<<: ",
        "---\n",
        "1e9",
        "0x1",
        "\t",
        "é",
        "\x85",
    ]
)


@given(st.lists(PIECES, max_size=40).map("".join) | st.text(max_size=60))
def test_any_text_is_a_mapping_or_a_foreseen_error(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yml"
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    try:
        data = read_yaml(path)
    except KnownError as error:
        refused = error
    else:
        assert isinstance(data, dict)
        return
    assert refused.code.startswith("E-SITE-")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=20,
    )
)
def test_any_value_under_any_key_of_a_site_is_taken_or_refused(
    tmp_path_factory: pytest.TempPathFactory, value: object
) -> None:
    path = tmp_path_factory.getbasetemp() / "keys.yml"
    for key in SiteFile.model_fields:
        file = {"name": "a", "code": "a", "level": "XA"} | {key: value}
        path.write_text(yaml.safe_dump(file, allow_unicode=True), encoding="utf-8", errors="surrogatepass")
        try:
            read_model(path, SiteFile)
        except KnownError as error:
            assert "keys.yml" in str(error)  # noqa: PT017 - either end is right, and this one names the file
