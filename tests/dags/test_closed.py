"""What is refused before Airflow sees it, and the headers of an answer; the real server is in test_scheduler.py."""

import pytest

from dags.ops.plugins.closed import NEVER, with_headers


@pytest.mark.parametrize(
    "path",
    ["/docs", "/docs/", "/docs/oauth2-redirect", "/redoc", "/openapi.json", "/auth/docs", "/execution/changelog"],
)
def test_a_description_of_an_interface_is_refused_wherever_it_lies(path: str) -> None:
    assert NEVER.fullmatch(path)


@pytest.mark.parametrize("path", ["/", "/dags/docs", "/documents", "/api/v2/docs", "/auth/login", "/tinhgon/pages"])
def test_a_page_that_only_looks_like_one_is_not(path: str) -> None:
    assert not NEVER.fullmatch(path)


def test_a_header_of_ours_replaces_one_of_the_same_name_and_leaves_the_others() -> None:
    given = [(b"X-Frame-Options", b"ALLOWALL"), (b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")]
    names = [name for name, _ in with_headers("/", given)]
    assert names.count(b"set-cookie") == 2
    assert b"X-Frame-Options" not in names
    assert dict(with_headers("/", given))[b"x-frame-options"] == b"SAMEORIGIN"


def test_only_our_own_pages_are_not_kept_and_run_no_script() -> None:
    ours, airflows = (dict(with_headers(path, [])) for path in ("/tinhgon/pages", "/dags"))
    assert ours[b"cache-control"] == b"private, no-store"
    assert b"cache-control" not in airflows
    assert ours[b"content-security-policy"].startswith(b"default-src 'none'")
    assert b"default-src" not in airflows[b"content-security-policy"]
