"""Lists in pages: where the next one begins is told by the last row, not by a count."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Generic, TypeVar

from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel, Field

from services.api.problems import InvalidError

Out = TypeVar("Out", bound=BaseModel)
Row = TypeVar("Row")
#: Where a row stands in its list.
Key = tuple[str] | tuple[str, str] | tuple[datetime, int]


class Page(BaseModel, Generic[Out]):
    """Some of a list; send `next` as `cursor` for the following ones."""

    items: list[Out]
    next: str | None = Field(description="Absent on the last page")


@dataclass(frozen=True, slots=True)
class Paging:
    """What part of a list is asked for."""

    limit: int
    cursor: str | None
    request: Request
    response: Response

    @property
    def fetch(self) -> int:
        """One row more than shown tells whether there are more."""
        return self.limit + 1

    def after_code(self) -> str:
        """For lists by code, ascending; every code comes after the empty one."""
        if self.cursor is None:
            return ""
        match _decoded(self.cursor):
            case [str(code)] if "\x00" not in code:
                return code
        raise _wrong_cursor()

    def after_pair(self) -> tuple[str, str] | None:
        """For lists by a place in an alphabet and, where that is shared, by code."""
        return decoded_pair(self.cursor)

    def before_moment(self) -> tuple[datetime, int] | None:
        """For lists by instant and id, newest first."""
        if self.cursor is None:
            return None
        match _decoded(self.cursor):
            case [str(text), int(row_id)] if 0 < row_id < 2**63:
                return _instant(text), row_id
        raise _wrong_cursor()

    def page(
        self,
        rows: Sequence[Row],
        show: Callable[[Row], Out],
        key: Callable[[Row], Key],
    ) -> Page[Out]:
        """The rows that fit, and in the header `Link` where the next page is."""
        shown = rows[: self.limit]
        cursor = encoded(key(shown[-1])) if len(rows) > self.limit else None
        if cursor is not None:
            url = self.request.url.include_query_params(cursor=cursor)
            self.response.headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'
        return Page(items=[show(row) for row in shown], next=cursor)


def _paging(
    request: Request,
    response: Response,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=500, description="`next` of a page")] = None,
) -> Paging:
    return Paging(limit, cursor, request, response)


#: A route's parameter of this type pages its list.
PagingGiven = Annotated[Paging, Depends(_paging)]


def encoded(key: Key) -> str:
    parts = [part.isoformat() if isinstance(part, datetime) else part for part in key]
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def decoded_pair(cursor: str | None) -> tuple[str, str] | None:
    if cursor is None:
        return None
    match _decoded(cursor):
        case [str(key), str(code)] if "\x00" not in key + code:
            return key, code
    raise _wrong_cursor()


def _decoded(cursor: str) -> object:
    padded = cursor + "=" * (-len(cursor) % 4)
    try:
        decoded: object = json.loads(base64.urlsafe_b64decode(padded))
    except (binascii.Error, ValueError) as exc:
        raise _wrong_cursor() from exc
    return decoded


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as exc:
        raise _wrong_cursor() from exc
    if instant.tzinfo is None:
        raise _wrong_cursor()
    return instant


def _wrong_cursor() -> InvalidError:
    return InvalidError(
        "query.cursor", "This is no cursor of this list.", "Send `next` of the page before, as is."
    )
