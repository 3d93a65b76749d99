"""The built front end: its files as they are, its page for all other addresses, a plain page while there is none."""

import mimetypes
import re
from pathlib import Path
from typing import Final

from anyio import to_thread
from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from watchglass.console.context import Context

router = APIRouter(include_in_schema=False)

PAGE: Final = "index.html"
_HASHED: Final = re.compile(r"[-.][A-Za-z0-9_-]{8,}\.[a-z0-9]+$")  # Vite: index-BkF3x9Qa.js
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_ASK_FIRST: Final = "no-cache"
_TYPES: Final = {".js": "text/javascript", ".webmanifest": "application/manifest+json", ".woff2": "font/woff2"}

NOT_BUILT: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>watchglass</title>
<h1>The console's front end has not been built</h1>
<p>The server runs and answers under <a href="/api/openapi.json">/api</a>, but this copy of watchglass comes from its
source and has no pages yet. To build them, with Node.js at hand:</p>
<pre>cd web
npm ci
npm run build</pre>
<p>Then load this page again. A copy that was installed as a package has them built in.</p>
"""


@router.api_route("/{path:path}", methods=["GET", "HEAD"])
async def page(path: str, console: Context) -> Response:
    """Serve a file of the front end, or its page for addresses that are its own affair."""
    if path == "api" or path.startswith("api/"):
        raise HTTPException(404)
    return await to_thread.run_sync(_answer, console.static, path)


def _answer(root: Path, path: str) -> Response:
    file = _inside(root, path)
    if file is None and "." in path.rpartition("/")[2]:
        raise HTTPException(404)  # a file that is missing, not an address of a page
    file = file or _inside(root, PAGE)
    if file is None:
        return HTMLResponse(NOT_BUILT, headers={"cache-control": "no-store"})
    kind = _TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    caching = _FOR_EVER if _HASHED.search(file.name) and file.parent != root else _ASK_FIRST
    return Response(file.read_bytes(), media_type=kind, headers={"cache-control": caching})


def _inside(root: Path, path: str) -> Path | None:
    """The file at `path` under `root`; None when it is not there, or not under it."""
    if "\0" in path:
        return None
    file = (root / path).resolve()
    return file if file.is_relative_to(root.resolve()) and file.is_file() else None
