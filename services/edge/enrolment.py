"""Brings a gateway into service: from a one-time code to credentials in a private file.

The one module here that speaks HTTP.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from shared.runtime import logging
from shared.runtime.errors import GiamsatError

log = logging.get(__name__)

REDEEM: Final = "/api/v1/enrolments/redeem"
ANSWER_WITHIN_S: Final = 20.0
#: A gateway is often switched on before its line is there.
PAUSES_S: Final = (1.0, 2.0, 5.0, 10.0, 30.0)


class Mqtt(BaseModel):
    """Where the broker is, and as whom to log in."""

    model_config = ConfigDict(frozen=True)

    host: str
    port: int
    username: str
    password: str


class Enrolled(BaseModel):
    """What we are told when we come into service, and keep."""

    model_config = ConfigDict(frozen=True)

    facility: str
    device: str
    mqtt: Mqtt


@dataclass(frozen=True, slots=True)
class Invitation:
    """Where to redeem a code, and the code."""

    site: str
    code: str


class EnrolmentError(GiamsatError):
    """We cannot come into service like this; says why."""


def invitation(url: str, code: str | None) -> Invitation:
    """The address may be what the QR code says: it holds the code behind its #."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise EnrolmentError(f"{url!r} is no address of a console (https://…).")
    found = code or parts.fragment
    if not found:
        raise EnrolmentError("There is no one-time code: set EDGE_ENROLMENT_CODE.")
    return Invitation(f"{parts.scheme}://{parts.netloc}", found)


async def enrolled(
    invited: Invitation,
    file: Path,
    *,
    public_key: str | None = None,
    pauses_s: tuple[float, ...] = PAUSES_S,
) -> Enrolled:
    """What the code was redeemed for, once and for all: later it is read from the file."""
    if (kept := read(file)) is not None:
        return kept
    # Whether it can be kept is tried first: the code opens once.
    _writable(file)
    async with httpx.AsyncClient(timeout=ANSWER_WITHIN_S) as client:
        async for _ in _tries(pauses_s):
            try:
                answer = await client.post(
                    invited.site + REDEEM, json={"code": invited.code, "public_key": public_key}
                )
            except httpx.TransportError as exc:
                log.warning("enrolment_unanswered", site=invited.site, reason=str(exc))
                continue
            if answer.status_code in {429, 502, 503, 504}:
                log.warning("enrolment_put_off", status=answer.status_code)
                continue
            made = _understood(answer)
            write(file, made)
            log.info("enrolled", facility=made.facility, device=made.device)
            return made
    raise AssertionError


def read(file: Path) -> Enrolled | None:
    """What is kept, if we came into service before."""
    try:
        return Enrolled.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as exc:
        raise EnrolmentError(f"{file} is not what we wrote there.") from exc


def write(file: Path, made: Enrolled) -> None:
    """For its owner's eyes only, whole or not at all, and on the disk when this returns."""
    draft = file.with_name(f".{file.name}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
        handle.write(made.model_dump_json(indent=1))
        handle.flush()
        os.fsync(handle.fileno())
    draft.replace(file)


def _writable(file: Path) -> None:
    trial = file.with_name(f".{file.name}.trial")
    try:
        os.close(os.open(trial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        trial.unlink()
    except OSError as exc:
        raise EnrolmentError(f"{file} cannot be written: {exc.strerror}.") from exc


async def _tries(pauses_s: tuple[float, ...]) -> AsyncIterator[int]:
    """Without end; the last pause goes on."""
    number = 0
    while True:
        yield number
        await asyncio.sleep(pauses_s[min(number, len(pauses_s) - 1)])
        number += 1


def _understood(answer: httpx.Response) -> Enrolled:
    if answer.status_code != httpx.codes.CREATED:
        raise EnrolmentError(f"The code was not accepted: {_why(answer)}")
    try:
        return Enrolled.model_validate_json(answer.content)
    except ValidationError as exc:
        raise EnrolmentError("What answered is no console of giamsat.") from exc


def _why(answer: httpx.Response) -> str:
    """The problem's own words (RFC 9457), or the bare status."""
    try:
        told = answer.json()
    except ValueError:
        return f"HTTP {answer.status_code}"
    detail = told.get("detail") if isinstance(told, dict) else None
    return str(detail) if detail else f"HTTP {answer.status_code}"
