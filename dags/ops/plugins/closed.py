"""Shuts what Airflow shows without a login and nobody here needs, and sends what keeps browsers out of trouble.

What is left open stands in a table of docs/reference/security.md; a test asks a running server for every route it has
and compares.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, Final

from airflow.api_fastapi.core_api.security import bearer_scheme, get_user
from airflow.plugins_manager import AirflowPlugin
from fastapi import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

# Descriptions of the interfaces: of Airflow itself, of its login, and of the one its own tasks talk to. They answer
# everybody and would draw their page from a foreign host.
NEVER: Final = re.compile(r"(?:/auth|/execution)?/(?:docs(?:/.*)?|redoc/?|openapi\.json|changelog)")
# The exact version tells which known holes to try.
WITH_LOGIN: Final = frozenset({"/api/v2/version", "/execution/health", "/execution/health/ping"})

# Airflow shows our pages in a frame of its own, so its own origin may frame them. It draws itself with scripts and
# styles made on the way, so no more than this can be asked of its own pages.
AIRFLOW_POLICY: Final = "frame-ancestors 'self'; base-uri 'self'; object-src 'none'; form-action 'self'"
# Ours hold what units hand in: whatever came through in them, no script runs in the origin of the login.
PAGES_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; font-src data:; "
    "frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
)
PAGES: Final = "/tinhgon/"
HEADERS: Final = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"SAMEORIGIN",
    b"referrer-policy": b"same-origin",
}


class Closed:
    """ASGI middleware around the whole of Airflow's server."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Refuse, or let Airflow answer; our headers are on both."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = str(scope["path"])

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = with_headers(path, message.get("headers", ()))
            await send(message)

        refused = await refusal(path, Request(scope))
        await (refused or self.app)(scope, receive, send_with_headers)


async def refusal(path: str, request: Request) -> JSONResponse | None:
    """The answer instead of Airflow's; None where Airflow answers (and asks for the login itself)."""
    if NEVER.fullmatch(path):
        return JSONResponse({"detail": "Not Found"}, 404)
    if path.rstrip("/") in WITH_LOGIN:
        try:
            await get_user(request, None, await bearer_scheme(request))
        except HTTPException as error:
            return JSONResponse({"detail": error.detail}, error.status_code)
    return None


def with_headers(path: str, given: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The headers of an answer and ours; what Airflow sets of them itself is replaced."""
    ours = HEADERS | {b"content-security-policy": AIRFLOW_POLICY.encode()}
    if path.startswith(PAGES):
        ours |= {b"content-security-policy": PAGES_POLICY.encode(), b"cache-control": b"private, no-store"}
    return [(name, value) for name, value in given if name.lower() not in ours] + list(ours.items())


class ClosedByDefault(AirflowPlugin):
    """Puts the middleware around the server."""

    name = "tinhgon_closed"
    # Airflow declares this as a plain attribute, not as ClassVar.
    fastapi_root_middlewares = [{"middleware": Closed, "name": "tinhgon_closed"}]  # noqa: RUF012
