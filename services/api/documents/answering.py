"""A document as an answer that no browser opens in our name."""

from typing import Final
from urllib.parse import quote

from starlette.responses import Response

from services.api.console.folding import words_in
from services.api.documents.keeping import Handed
from services.api.documents.kinds import ENDINGS

_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "no-store",
}


def attachment(handed: Handed) -> Response:
    document = handed.document
    ending = ENDINGS[document.media_type]
    plain = "-".join(words_in(document.title))[:80] or f"document-{document.id}"
    whole = quote(f"{document.title}.{ending}", safe="")
    disposition = f"attachment; filename=\"{plain}.{ending}\"; filename*=UTF-8''{whole}"
    return Response(
        handed.content,
        media_type=document.media_type,
        headers={**_HEADERS, "Content-Disposition": disposition},
    )
