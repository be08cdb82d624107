"""Many new connections at once: a page to print with a QR code for each, and the same as CSV."""

import asyncio
import base64
import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from markupsafe import Markup
from starlette.responses import Response

from services.api.console.qr import qr_code
from services.api.console.render import Frame, page
from services.api.credentials.schemas import MqttOut
from services.api.credentials.shown import compact

HEADINGS: Final = ("facility", "device", "host", "port", "username", "password", "heartbeat_topic")
#: More of them nobody prints; the table holds all.
MOST_SLIPS: Final = 300
#: What a spreadsheet takes for the beginning of a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Entry:
    """A device that has just been registered, and its connection."""

    facility: str
    device: str
    mqtt: MqttOut


@dataclass(frozen=True, slots=True)
class Slip:
    """What is cut out and taken to the device."""

    entry: Entry
    qr: Markup


async def sheet(own: Frame, entries: Sequence[Entry], *, back: str) -> Response:
    """Shown this once: nothing of it is kept. Codes take a while to draw: others are served."""
    slips = await asyncio.to_thread(_slips, entries[:MOST_SLIPS])
    encoded = base64.b64encode(as_csv(entries)).decode()
    return page(
        own,
        "credential_pack.html",
        status=HTTPStatus.OK,
        slips=slips,
        more=len(entries) - len(slips),
        download=f"data:text/csv;charset=utf-8;base64,{encoded}",
        back=back,
    )


def _slips(entries: Sequence[Entry]) -> list[Slip]:
    return [Slip(one, qr_code(compact(one.mqtt))) for one in entries]


def as_csv(entries: Sequence[Entry]) -> bytes:
    """As Excel reads it; no cell begins a formula."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(HEADINGS)
    for one in entries:
        mqtt = one.mqtt
        row = (one.facility, one.device, mqtt.host, mqtt.port, mqtt.username, mqtt.password)
        writer.writerow([_harmless(str(cell)) for cell in (*row, mqtt.heartbeat_topic)])
    return text.getvalue().encode("utf-8-sig")


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
