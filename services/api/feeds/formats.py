"""A pull as JSON, as lines of JSON that stream, or as a table."""

import csv
import io
import json
from collections.abc import AsyncIterator, Mapping
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Final

from fastapi import Request
from starlette.responses import Response, StreamingResponse

from services.api.feeds.pulling import Pull
from services.api.feeds.showing import columns_of, flat
from services.api.http.etags import tag_of
from services.api.problems import RequestError


class Format(StrEnum):
    """How the answer is written."""

    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"


MEDIA: Final[Mapping[Format, str]] = {
    Format.JSON: "application/json",
    Format.NDJSON: "application/x-ndjson",
    Format.CSV: "text/csv",
}
_ALSO: Final = {"application/ndjson": Format.NDJSON, "application/jsonl": Format.NDJSON}
#: Never where somebody else could find it.
_PRIVATE: Final = {"Cache-Control": "private, no-cache", "Vary": "Accept, Authorization"}


class UnwrittenError(RequestError):
    """A format that nobody asked us to write."""

    status = HTTPStatus.NOT_ACCEPTABLE
    code = "not_acceptable"


def chosen(request: Request, asked: Format | None) -> Format:
    """What the address says, else the first of `Accept` that we can write."""
    if asked is not None:
        return asked
    by_media = {media: kind for kind, media in MEDIA.items()} | _ALSO
    wanted = [
        part.partition(";")[0].strip().lower()
        for part in request.headers.get("accept", "*/*").split(",")
    ]
    for media in wanted:
        if media in by_media:
            return by_media[media]
    if {"*/*", "application/*"} & set(wanted):
        return Format.JSON
    if "text/*" in wanted:
        return Format.CSV
    raise UnwrittenError(f"It can be written as: {', '.join(MEDIA.values())}.")


def headers_of(request: Request, pull: Pull) -> dict[str, str]:
    headers = dict(_PRIVATE)
    if pull.next is not None:
        url = request.url.include_query_params(cursor=pull.next).remove_query_params("since")
        headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'
    if pull.since is not None:
        headers["X-Since"] = pull.since
    if pull.known_until is not None:
        headers["X-Known-Until"] = pull.known_until.isoformat().replace("+00:00", "Z")
    return headers


def body_of(pull: Pull) -> dict[str, Any]:
    return {
        "grant": pull.grant.id,
        "dataset": pull.grant.dataset,
        "level": pull.grant.level,
        "purpose": pull.purpose,
        "legal_basis": pull.legal_basis,
        "items": list(pull.lines),
        "next": pull.next,
        "since": pull.since,
    }


def as_json(request: Request, pull: Pull) -> Response:
    text = json.dumps(body_of(pull), ensure_ascii=False, separators=(",", ":"))
    return Response(text, media_type=MEDIA[Format.JSON], headers=headers_of(request, pull))


def as_csv(request: Request, pull: Pull) -> Response:
    columns = columns_of(pull.grant.dataset, pull.grant.level)
    held = io.StringIO()
    table = csv.writer(held, lineterminator="\r\n")
    table.writerow(columns)
    table.writerows(flat(line, columns) for line in pull.lines)
    content = held.getvalue().encode()
    tag = tag_of(content)
    headers = headers_of(request, pull) | {"ETag": tag}
    if tag in {one.strip() for one in request.headers.get("if-none-match", "").split(",")}:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    kind = f"{MEDIA[Format.CSV]}; header=present"
    return Response(content, media_type=kind, headers=headers)


def as_ndjson(pages: AsyncIterator[Pull | RequestError]) -> Response:
    """All pages in one answer. The last line says that it was the last, and where to go on."""
    return StreamingResponse(_lines(pages), media_type=MEDIA[Format.NDJSON], headers=_PRIVATE)


async def _lines(pages: AsyncIterator[Pull | RequestError]) -> AsyncIterator[bytes]:
    cursor: str | None = None
    async for page in pages:
        if isinstance(page, RequestError):
            yield _line({"change": "stopped", "because": page.code, "cursor": cursor})
            return
        for line in page.lines:
            yield _line(line)
        cursor = page.next
        if page.next is None:
            yield _line({"change": "done", "since": page.since})


def _line(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
