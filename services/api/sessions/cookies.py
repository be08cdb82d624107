"""The cookies of the console: closed to scripts, and over TLS bound to this host alone."""

from typing import Final

from fastapi import Request
from starlette.responses import Response

from services.api.http.security_headers import is_over_tls
from services.api.sessions import tokens

#: A browser in which somebody has logged in before.
DEVICE: Final = "giamsat_device"
#: A browser that is away at the identity provider.
JOURNEY: Final = "giamsat_journey"


def is_safe(request: Request) -> bool:
    """Whether the browser speaks TLS, with us or with the proxy in front of us."""
    return is_over_tls(request.scope)


def name_of(request: Request, name: str) -> str:
    """`__Host-` makes the browser refuse it from other hosts and over plain HTTP."""
    return f"__Host-{name}" if is_safe(request) else name


def read(request: Request, name: str = tokens.COOKIE) -> str | None:
    return request.cookies.get(name_of(request, name))


def keep(request: Request, answer: Response, name: str, value: str, *, max_age_s: int) -> None:
    """Lax, so that a link in a mail finds its reader logged in; what changes anything is a POST,
    and those must come from our own pages.
    """
    answer.set_cookie(
        name_of(request, name),
        value,
        max_age=max_age_s,
        path="/",
        httponly=True,
        samesite="lax",
        secure=is_safe(request),
    )


def drop(request: Request, answer: Response, name: str = tokens.COOKIE) -> None:
    answer.delete_cookie(
        name_of(request, name), path="/", httponly=True, samesite="lax", secure=is_safe(request)
    )
