"""What every published page must keep: nothing is fetched from outside, and it is whole HTML in Vietnamese."""

import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest

VOID = {"meta", "br", "link", "img", "hr", "input", "col"}
OUTSIDE = re.compile(
    r"""(?:src|href|action|data|poster|srcset)\s*=\s*["']?\s*(?:[a-z]+:)?//|url\(\s*["']?\s*(?!#)|@import""", re.I
)


class Outline(HTMLParser):
    """Open tags, ids, links within the page, and text."""

    def __init__(self) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.targets: list[str] = []
        self.language: str | None = None

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.tags.append(tag)
        self.ids += [found["id"]] if "id" in found else []
        self.targets += [found["href"][1:]] if found.get("href", "").startswith("#") else []
        if tag == "html":
            self.language = found.get("lang")
        if tag not in VOID and tag not in SELF_CLOSED:
            self.stack.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        if tag in SELF_CLOSED:
            return
        assert self.stack, f"</{tag}> closes nothing"
        assert self.stack[-1] == tag, f"</{tag}> closes <{self.stack[-1]}>"
        self.stack.pop()


SELF_CLOSED: set[str] = set()


@pytest.fixture
def check_page() -> Callable[[str], Outline]:
    """Assert that a page is well formed, Vietnamese, offline, and that its inner links lead somewhere."""

    def check(html: str) -> Outline:
        outline = Outline()
        outline.feed(html)
        assert outline.stack == []
        assert outline.language == "vi"
        assert OUTSIDE.search(html) is None
        assert not {"script", "link", "iframe", "img"} & set(outline.tags)
        assert len(outline.ids) == len(set(outline.ids))
        assert set(outline.targets) <= set(outline.ids)
        assert outline.tags.count("table") == outline.tags.count("caption")
        return outline

    return check
