"""The one way to gateways that are reached over HTTP: bounded, and faults said as gateways do."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import httpx

from services.alerts.sms.gateway import Fault, GatewayError

MOST_BYTES: Final = 64 * 1024
#: The request never reached anybody who could have acted on it.
_BEFORE: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    content: bytes

    def json(self) -> dict[str, object]:
        """Nothing at all for what is no JSON object."""
        try:
            found = json.loads(self.content)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


class Wire:
    """Connections to one gateway, kept while they are good."""

    def __init__(self, base_url: str, *, timeout_s: float, auth: tuple[str, str] | None) -> None:
        self._client = httpx.AsyncClient(
            base_url=base_url,
            timeout=timeout_s,
            auth=auth,
            trust_env=False,
            follow_redirects=False,
            headers={"Accept": "application/json"},
        )

    async def get(self, path: str) -> Answer:
        return await self._answer(self._client.build_request("GET", path))

    async def post_json(self, path: str, body: Mapping[str, object]) -> Answer:
        return await self._answer(self._client.build_request("POST", path, json=body))

    async def post_form(self, path: str, form: Mapping[str, str]) -> Answer:
        return await self._answer(self._client.build_request("POST", path, data=form))

    async def close(self) -> None:
        await self._client.aclose()

    async def _answer(self, request: httpx.Request) -> Answer:
        try:
            response = await self._client.send(request, stream=True)
            try:
                content = await _whole(response)
            finally:
                await response.aclose()
        except _BEFORE as exc:
            raise GatewayError(Fault.GATEWAY, type(exc).__name__) from exc
        except httpx.HTTPError as exc:
            raise GatewayError(Fault.UNKNOWN, type(exc).__name__) from exc
        return Answer(response.status_code, response.headers, content)


async def _whole(response: httpx.Response) -> bytes:
    content = bytearray()
    async for part in response.aiter_bytes():
        content += part
        if len(content) > MOST_BYTES:
            break
    return bytes(content)


def must_have_worked(answer: Answer) -> None:
    """By its status alone. What failed within the gateway may have gone on all the same.

    Raises GatewayError.
    """
    if answer.status == httpx.codes.TOO_MANY_REQUESTS:
        raise GatewayError(Fault.GATEWAY, "http 429", wait=wait_of(answer))
    if answer.status == httpx.codes.SERVICE_UNAVAILABLE:
        raise GatewayError(Fault.GATEWAY, "http 503")
    if answer.status >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise GatewayError(Fault.UNKNOWN, f"http {answer.status}")
    if not httpx.codes.is_success(answer.status):
        raise GatewayError(Fault.GATEWAY, f"http {answer.status}")


def wait_of(answer: Answer, header: str = "Retry-After") -> timedelta:
    """As many seconds as a header says; a minute if it says nothing that we can read."""
    said = answer.headers.get(header, "")
    seconds = int(said) if said.isascii() and said.isdecimal() and len(said) < 6 else 60
    return timedelta(seconds=seconds)
