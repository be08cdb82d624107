"""From where somebody logs in: the address, what the browser says it is, and whether we know it."""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Request

from services.api.access_log.queries import Trail
from services.api.http.correlation import trace_id_of
from services.api.sessions import cookies

_MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who is about to say who they are."""

    address: str = ""
    browser: str = ""
    #: The cookie of a browser in which somebody has logged in before.
    device_token: str | None = None
    trace_id: str = ""

    def trail(self, user_id: int) -> Trail:
        return Trail(f"user:{user_id}", self.address, "", self.trace_id)


def _visitor(request: Request) -> Visitor:
    browser = request.headers.get("user-agent", "")[:_MOST]
    return Visitor(
        address=request.client.host if request.client else "",
        browser="".join(char for char in browser if char.isprintable()),
        device_token=cookies.read(request, cookies.DEVICE),
        trace_id=trace_id_of(request.scope),
    )


#: A route's parameter of this type is told who knocks.
VisitorGiven = Annotated[Visitor, Depends(_visitor)]
