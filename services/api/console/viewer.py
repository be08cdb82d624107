"""Who reads a page: the caller behind the log-in cookie, remembered for the frame around it."""

from typing import Annotated

from fastapi import Depends, Request

from services.api import resources
from services.api.access.caller import (
    AnybodyGiven,
    Caller,
    CallerGiven,
    EnrollingGiven,
    looked_up,
)
from services.api.sessions import cookies
from shared.domain.assurance import Standing


async def viewer(request: Request, caller: CallerGiven) -> Caller:
    """Also leaves word for the error pages."""
    request.state.viewer = caller
    return caller


async def enrolling_viewer(request: Request, caller: EnrollingGiven) -> Caller:
    request.state.viewer = caller
    return caller


async def any_viewer(request: Request, caller: AnybodyGiven) -> Caller:
    request.state.viewer = caller
    return caller


#: A page's parameter of this type needs a log-in; without one the reader is asked for it.
Viewer = Annotated[Caller, Depends(viewer)]
#: The same, also for those who have yet to set up a second factor.
EnrollingViewer = Annotated[Caller, Depends(enrolling_viewer)]
#: The same, also for those who have yet to show it.
AnyViewer = Annotated[Caller, Depends(any_viewer)]


async def still_logged_in(request: Request) -> bool:
    """Fully; asking does not keep the session alive."""
    token = cookies.read(request)
    found = await looked_up(resources.of(request), token) if token else None
    return found is not None and found.standing is Standing.FULL
