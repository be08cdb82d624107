"""Whether people may log in through an identity provider, and what comes back to us from there."""

from services.api.settings import Settings

CALLBACK = "/login/identity/callback"


def is_offered(settings: Settings) -> bool:
    return bool(settings.oidc_issuer and settings.oidc_client_id and settings.console_url)


def redirect_uri(settings: Settings) -> str:
    return settings.console_url.rstrip("/") + CALLBACK
