"""Under which name passkeys are used in a request."""

from typing import Annotated

from fastapi import Depends, Request

from services.api import resources
from services.api.factors.ceremony import Party, party_of
from services.api.problems import ConflictError
from services.api.sessions import cookies


def party_in(request: Request) -> Party | None:
    """Nothing, where the console has no name that a passkey could belong to."""
    return party_of(
        resources.of(request).settings,
        scheme="https" if cookies.is_safe(request) else "http",
        netloc=request.headers.get("host", ""),
    )


def _party(request: Request) -> Party:
    found = party_in(request)
    if found is None:
        raise ConflictError(
            "Passkeys need a name; this console is found by a number.", code="no_passkeys_here"
        )
    return found


#: A route's parameter of this type needs a console with a name.
PartyGiven = Annotated[Party, Depends(_party)]
