"""The pages of the nights and the books of the quarters inside Airflow's own pages, behind its login.

Only what an office may look at together is served: pages and a quarter's papers below `<TINHGON_VAR>/out`. Draft
letters and the list of late dossiers stay in their folders.
"""

import html
import os
import re
from pathlib import Path
from typing import Final

from airflow.api_fastapi.core_api.security import get_user
from airflow.plugins_manager import AirflowPlugin
from fastapi import Depends, FastAPI, HTTPException
from fastapi.responses import FileResponse, HTMLResponse

SERVED: Final = re.compile(
    r"nights/\d{4}-\d{2}-\d{2}/[a-z_]+\.html|quarters/\d{4}-Q[1-4]/[A-Za-z0-9_]+\.(html|docx|xlsx)"
)
TITLES: Final = {"nights": "Trang chất lượng hằng đêm", "quarters": "Sổ tay và hồ sơ quý"}

app = FastAPI(dependencies=[Depends(get_user)], openapi_url=None)


def made() -> dict[str, list[str]]:
    """Served files by kind, as paths relative to the output folder, newest first."""
    out = Path(os.environ.get("TINHGON_VAR", ".")) / "out"
    names = [path.relative_to(out).as_posix() for path in out.glob("*/*/*")]
    served = sorted((name for name in names if SERVED.fullmatch(name)), reverse=True)
    return {kind: [name for name in served if name.startswith(f"{kind}/")] for kind in TITLES}


@app.get("/pages")
def index() -> HTMLResponse:
    """One list of links."""
    parts = []
    for kind, names in made().items():
        links = "".join(f'<li><a href="file/{html.escape(name)}">{html.escape(name)}</a></li>' for name in names)
        parts.append(f"<h2>{TITLES[kind]}</h2><ul>{links or '<li>Chưa có.</li>'}</ul>")
    head = '<!doctype html><html lang="vi"><meta charset="utf-8"><title>Tinh Gọn</title>'
    return HTMLResponse(f'{head}<body style="font-family:sans-serif;margin:2rem">{"".join(parts)}</body></html>')


@app.get("/file/{name:path}")
def file(name: str) -> FileResponse:
    """One served file. The pattern leaves no way out of the folder."""
    path = Path(os.environ.get("TINHGON_VAR", ".")) / "out" / name
    if not SERVED.fullmatch(name) or not path.is_file():
        raise HTTPException(404)
    return FileResponse(path)


class Pages(AirflowPlugin):
    """Puts the list of pages into Airflow's menu."""

    name = "tinhgon_pages"
    # Airflow declares these as plain attributes, not as ClassVar.
    fastapi_apps = [{"app": app, "url_prefix": "/tinhgon", "name": "tinhgon"}]  # noqa: RUF012
    external_views = [  # noqa: RUF012
        {
            "name": "Tinh Gọn",
            "href": "tinhgon/pages",
            "destination": "nav",
            "url_route": "tinhgon",
            "category": "browse",
        }
    ]
