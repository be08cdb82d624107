"""Our own addresses, as agencies must name them in what they sign."""

from typing import Final

from services.api.settings import Settings

TOKEN: Final = "/api/v1/oauth/token"  # noqa: S105 - an address
REVOKE: Final = "/api/v1/oauth/revoke"
RESOURCE: Final = "/api/v1/agency"


def issuer(settings: Settings) -> str:
    """The one origin that we are found at; never what a request says it is."""
    return settings.console_url.rstrip("/") or f"http://{settings.host}:{settings.port}"


def address(settings: Settings, path: str) -> str:
    return issuer(settings) + path


def audiences(settings: Settings) -> frozenset[str]:
    own = issuer(settings)
    return frozenset({own, f"{own}/", own + TOKEN})
