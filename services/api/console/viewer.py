"""Who reads a page: the caller behind the log-in cookie, remembered for the frame around it."""

from typing import Annotated

from fastapi import Depends, Request

from services.api import resources
from services.api.access.caller import Caller, CallerGiven, caller_of
from services.api.sessions import tokens


async def viewer(request: Request, caller: CallerGiven) -> Caller:
    """Also leaves word for the error pages."""
    request.state.viewer = caller
    return caller


#: A page's parameter of this type needs a log-in; without one the reader is asked for it.
Viewer = Annotated[Caller, Depends(viewer)]


async def still_logged_in(request: Request) -> bool:
    token = request.cookies.get(tokens.COOKIE)
    return bool(token) and await caller_of(resources.of(request), str(token)) is not None
