"""Tells a watchdog outside that we live, in Healthchecks' format: the one user of httpx here."""

from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

import httpx

from shared.runtime.errors import GiamsatError

MOST_BYTES: Final = 10_000


class Signal(StrEnum):
    """What follows the address."""

    WELL = ""
    STARTED = "/start"
    UNWELL = "/fail"


class PingError(GiamsatError):
    """The watchdog did not take it. It says where in general, never the address: that is a key."""


class Kennel:
    """One watchdog, by its address."""

    def __init__(self, url: str, *, timeout_s: float) -> None:
        self._url = url.rstrip("/")
        self._timeout_s = timeout_s
        self.host: Final = urlsplit(url).hostname or ""

    async def tell(self, signal: Signal, reason: str = "") -> None:
        """Raises PingError. A proxy or a redirect would learn the address, so there are none."""
        content = reason.encode()[:MOST_BYTES]
        try:
            async with httpx.AsyncClient(
                timeout=self._timeout_s, trust_env=False, follow_redirects=False
            ) as client:
                answer = await client.post(
                    f"{self._url}{signal}",
                    content=content,
                    headers={"Content-Type": "text/plain; charset=utf-8"},
                )
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as exc:
            raise PingError(f"{self.host}: {type(exc).__name__}", retryable=True) from None
        if answer.status_code != httpx.codes.OK:
            raise PingError(f"{self.host}: {answer.status_code}", retryable=True)
