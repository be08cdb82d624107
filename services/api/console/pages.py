"""What belongs to no noun: static files, the language switch, the live stream."""

from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from services.api.console.frames import LANGUAGE_COOKIE, feed_of
from services.api.console.paths import own_path
from services.api.console.render import STATIC
from services.api.console.viewer import Viewer, still_logged_in
from services.api.sessions import cookies, tokens
from shared.i18n import LANGUAGES

router = APIRouter()
YEAR_S = 365 * 86_400
FOREVER = {"Cache-Control": f"public, max-age={YEAR_S}, immutable"}
KINDS = {
    "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml",
    "webmanifest": "application/manifest+json",
}  # fmt: skip


@router.get("/static/{name}")
async def static(name: str) -> Response:
    """Few and small: read on demand, kept by browsers for ever under their content's hash."""
    kind = KINDS.get(name.rpartition(".")[2])
    known = {path.name: path for path in STATIC.iterdir()}
    if kind is None or name not in known:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return Response(known[name].read_bytes(), media_type=kind, headers=FOREVER)


@router.get("/push-worker.js")
async def push_worker() -> Response:
    """Where its scope is the whole console; the browser itself looks for a newer one."""
    return Response((STATIC / "push-worker.js").read_bytes(), media_type=KINDS["js"])


@router.get("/language/{language}")
async def language(
    request: Request, language: str, back: Annotated[str, Query()] = "/"
) -> Response:
    """Remember a language in this browser."""
    if language not in LANGUAGES:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    answer = RedirectResponse(own_path(back), HTTPStatus.SEE_OTHER)
    cookies.keep(request, answer, LANGUAGE_COOKIE, language, max_age_s=YEAR_S)
    return answer


@router.get("/live")
async def live(request: Request, viewer: Viewer) -> Response:
    """Server-sent events: up to when the data is known, and that something happened."""

    async def still_welcome() -> bool:
        return await still_logged_in(request)

    stream: AsyncIterator[bytes] = feed_of(request).follow(
        still_welcome, session=tokens.hash_of(viewer.token)
    )
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(stream, media_type="text/event-stream", headers=headers)
