"""A GSM modem on the spot, through the command line of gammu: a process of its own, one at a time.

Nobody sells us this way out, and it works without the Internet. It knows no key and promises no
reports.
"""

import asyncio
import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.alerts.sms.gateway import (
    Answered,
    Fault,
    GatewayError,
    Hear,
    ShortMessage,
    Taken,
    Traits,
)  # fmt: skip
from shared.domain import short_text, telephone
from shared.domain.short_text import Alphabet

_LETTERS_A_PART: Final = {Alphabet.GSM7: 160, Alphabet.UCS2: 70}
_REFERENCE: Final = re.compile(r"OK, message reference=(-?\d+)")
_SECTION: Final = re.compile(r"^\[SMSBackup\d+\]\s*$", re.MULTILINE)
_FIELD: Final = re.compile(r"^(\w+) = (.*?)\s*$", re.MULTILINE)
#: Of messages that came in; what we sent has other states.
_CAME_IN: Final = frozenset({"UnRead", "Read"})
_ENVIRONMENT: Final = {"LC_ALL": "C.UTF-8", "PATH": "/usr/local/bin:/usr/bin:/bin"}


@dataclass(frozen=True, slots=True)
class Device:
    """`inbox_file`: where answers lie between the modem and the database; absent: none are read."""

    program: str
    config_file: Path
    inbox_file: Path | None
    timeout_s: float
    look_every_s: float = 10


class Modem:
    def __init__(self, name: str, device: Device) -> None:
        self.name = name
        self.traits = Traits(
            is_keyed=False, promises_receipts=False, takes_replies=device.inbox_file is not None
        )
        self._device = device
        self._one_at_a_time = asyncio.Lock()

    async def send(self, message: ShortMessage) -> Taken:
        arguments = ["sendsms", "TEXT", message.number, "-len", str(_room(message.text))]
        if short_text.alphabet_of(message.text) is Alphabet.UCS2:
            arguments.append("-unicode")
        told = await self._run(arguments, message.text)
        refs = _REFERENCE.findall(told.output)
        if told.code != 0:
            fault = Fault.UNKNOWN if refs else Fault.GATEWAY
            raise GatewayError(fault, f"gammu ends with {told.code}")
        if not refs:
            raise GatewayError(Fault.UNKNOWN, "no reference")
        return Taken(refs[-1])

    async def listen(self, hear: Hear) -> None:
        """Looks into the modem's inbox again and again. Raises GatewayError."""
        if self._device.inbox_file is None:
            return
        while True:
            await self.take_in(self._device.inbox_file, hear)
            await asyncio.sleep(self._device.look_every_s)

    async def take_in(self, inbox: Path, hear: Hear) -> None:
        """Once. What has left the modem lies in the file until it is in the database."""
        if not await asyncio.to_thread(inbox.exists):
            told = await self._run(["backupsms", str(inbox), "-yes"], "")
            if told.code != 0 and not await asyncio.to_thread(inbox.exists):
                raise GatewayError(Fault.GATEWAY, f"gammu ends with {told.code}")
        content = await asyncio.to_thread(_content_of, inbox)
        for answered in answers_in(content):
            await hear(answered)
        await asyncio.to_thread(inbox.unlink, missing_ok=True)

    async def close(self) -> None:
        """Nothing stays open between two messages."""

    async def _run(self, arguments: Sequence[str], text: str) -> "_Told":
        device = self._device
        async with self._one_at_a_time:
            try:
                process = await asyncio.create_subprocess_exec(
                    device.program, "-c", str(device.config_file), *arguments,
                    stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.STDOUT, env=_ENVIRONMENT,
                )  # fmt: skip
            except OSError as exc:
                raise GatewayError(Fault.GATEWAY, type(exc).__name__) from exc
            try:
                async with asyncio.timeout(device.timeout_s):
                    output, _ = await process.communicate(text.encode())
            except TimeoutError as exc:
                raise GatewayError(Fault.UNKNOWN, "gammu is too slow") from exc
            finally:
                await _ended(process)
        return _Told(process.returncode or 0, output.decode(errors="replace"))


@dataclass(frozen=True, slots=True)
class _Told:
    code: int
    output: str


def answers_in(backup: str) -> Iterator[Answered]:
    """What came in, of a file that gammu wrote."""
    for section in _SECTION.split(backup)[1:]:
        fields = dict(_FIELD.findall(section))
        sender = telephone.e164(fields.get("Number", "").strip('"'))
        if fields.get("State") not in _CAME_IN or sender is None:
            continue
        body = "".join(_letters(fields[key]) for key in sorted(fields) if re.match(r"Text\d", key))
        said = f"{sender}\n{fields.get('DateTime')}\n{body}".encode()
        yield Answered(hashlib.sha256(said).hexdigest()[:32], sender, body)


def _letters(hexadecimal: str) -> str:
    try:
        return bytes.fromhex(hexadecimal).decode("utf-16-be", errors="replace")
    except ValueError:
        return ""


def _room(text: str) -> int:
    """How many letters gammu is to take: as many as our own segments have."""
    return short_text.segments(text) * _LETTERS_A_PART[short_text.alphabet_of(text)]


def _content_of(inbox: Path) -> str:
    """An inbox without messages makes no file."""
    return inbox.read_text(encoding="utf-8", errors="replace") if inbox.exists() else ""


async def _ended(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
