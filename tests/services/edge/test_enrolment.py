"""A gateway that redeems its one-time code, against a server of the test's own."""

import asyncio
import json
import os
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from services.edge import enrolment
from services.edge.enrolment import EnrolmentError, Invitation

ENROLLED = {
    "facility": "hoa-sen",
    "device": "gw-1",
    "kind": "gateway",
    "mqtt": {
        "host": "127.0.0.1",
        "port": 1883,
        "username": "hoa-sen/gw-1",
        "password": "p",
        "heartbeat_topic": "giamsat/v1/hoa-sen/gw-1/heartbeats",
    },
}
REFUSED = {"code": "code_not_accepted", "detail": "This code is not known."}


class Console:
    """Answers one after another as it was told, the last for ever."""

    def __init__(self, *answers: tuple[int, object]) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, object]] = []
        self.site = ""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        assert head.startswith(f"POST {enrolment.REDEEM} ")
        length = next(
            int(line.partition(":")[2])
            for line in head.splitlines()
            if line.lower().startswith("content-length")
        )
        self.asked.append(json.loads(await reader.readexactly(length)))
        status, body = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        text = json.dumps(body).encode()
        writer.write(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n" % (status, len(text)) + text)
        writer.close()
        await writer.wait_closed()


@asynccontextmanager
async def answering(*answers: tuple[int, object]) -> AsyncIterator[Console]:
    console = Console(*answers)
    server = await asyncio.start_server(console.answer, "127.0.0.1", 0)
    console.site = "http://{}:{}".format(*server.sockets[0].getsockname())
    async with server:
        yield console


async def redeemed(console: Console, file: Path, key: str | None = None) -> enrolment.Enrolled:
    return await enrolment.enrolled(
        Invitation(console.site, "CODE"), file, public_key=key, pauses_s=(0.01,)
    )


async def test_code_is_redeemed_once_and_kept_for_the_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "credentials.json"
    async with answering((201, ENROLLED)) as console:
        first = await redeemed(console, file, key="key")
        again = await redeemed(console, file)
    assert console.asked == [{"code": "CODE", "public_key": "key"}]
    assert first == again
    assert first.mqtt.username == "hoa-sen/gw-1"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["credentials.json"]  # noqa: PTH208 - no path is needed


async def test_refused_code_is_told_and_nothing_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "credentials.json"
    async with answering((404, REFUSED)) as console:
        with pytest.raises(EnrolmentError, match="This code is not known"):
            await redeemed(console, file)
    assert not file.exists()


async def test_console_that_is_busy_or_away_is_asked_again(tmp_path: Path) -> None:
    async with answering((503, {}), (429, {}), (201, ENROLLED)) as console:
        made = await redeemed(console, tmp_path / "credentials.json")
    assert (len(console.asked), made.device) == (3, "gw-1")


async def test_code_is_not_used_up_where_nothing_can_be_kept(tmp_path: Path) -> None:
    async with answering((201, ENROLLED)) as console:
        with pytest.raises(EnrolmentError, match="cannot be written"):
            await redeemed(console, tmp_path / "no-such-folder" / "credentials.json")
    assert console.asked == []


async def test_what_is_no_console_is_told(tmp_path: Path) -> None:
    async with answering((201, {"hello": "world"})) as console:
        with pytest.raises(EnrolmentError, match="no console"):
            await redeemed(console, tmp_path / "credentials.json")


@pytest.mark.parametrize(
    ("url", "code", "site"),
    [
        ("https://console.example/enrol#K7QF-2M9X-R4TD", None, "https://console.example"),
        ("http://10.0.0.2:8080", "K7QF-2M9X-R4TD", "http://10.0.0.2:8080"),
        ("https://c.example/enrol#OLD", "K7QF-2M9X-R4TD", "https://c.example"),
    ],
)
def test_address_may_be_what_the_qr_code_says(url: str, code: str | None, site: str) -> None:
    assert enrolment.invitation(url, code) == Invitation(site, "K7QF-2M9X-R4TD")


@pytest.mark.parametrize("url", ["console.example", "ftp://x/#c", "https://", "https://x/enrol"])
def test_address_that_leads_nowhere_is_told(url: str) -> None:
    with pytest.raises(EnrolmentError):
        enrolment.invitation(url, None)


def test_gateway_that_was_told_nothing_says_what_it_needs(tmp_path: Path) -> None:
    devices = tmp_path / "devices.json"
    devices.write_text(json.dumps({"facility": "hoa-sen", "gateway": "gw-1"}))
    env = {**os.environ, "EDGE_DEVICES_FILE": str(devices)}
    ended = subprocess.run(
        [sys.executable, "-m", "services.edge"],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 1
    assert "EDGE_ENROLMENT_URL" in ended.stderr
    assert "Traceback" not in ended.stderr
