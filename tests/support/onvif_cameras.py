"""Cameras, or what pretends to be some, that answer WS-Discovery on the loopback network."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import cast

LOOPBACK = "127.0.0.1"
GROUP = "239.255.255.250"
_ASKED = re.compile(rb"<a:MessageID>([^<]+)</a:MessageID>")
#: (the message id it relates to) -> answers
Answers = Callable[[str], Sequence[bytes]]


@dataclass(frozen=True)
class Camera:
    """What a sound camera says of itself."""

    endpoint: str = "urn:uuid:5f5a69c2-e0ae-504f-829b-000000000001"
    types: str = "dn:NetworkVideoTransmitter tds:Device"
    scopes: str = (
        "onvif://www.onvif.org/Profile/Streaming onvif://www.onvif.org/name/C%E1%BB%95ng%20tr%C6%B0"
        "%E1%BB%9Bc onvif://www.onvif.org/hardware/IPC-122"
    )
    addresses: str = f"http://{LOOPBACK}:8080/onvif/device_service"

    def match(self) -> str:
        return (
            "<d:ProbeMatch><a:EndpointReference>"
            f"<a:Address>{self.endpoint}</a:Address></a:EndpointReference>"
            f"<d:Types>{self.types}</d:Types><d:Scopes>{self.scopes}</d:Scopes>"
            f"<d:XAddrs>{self.addresses}</d:XAddrs>"
            "<d:MetadataVersion>1</d:MetadataVersion></d:ProbeMatch>"
        )


def envelope(relates_to: str, *cameras: Camera, doctype: str = "", more: str = "") -> bytes:
    matches = "".join(camera.match() for camera in cameras)
    return (
        f'<?xml version="1.0" encoding="utf-8"?>{doctype}'
        '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
        'xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" '
        'xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery">'
        f"<s:Header><a:RelatesTo>{relates_to}</a:RelatesTo></s:Header>"
        f"<s:Body><d:ProbeMatches>{matches}</d:ProbeMatches>{more}</s:Body></s:Envelope>"
    ).encode()


class _Site(asyncio.DatagramProtocol):
    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        asked = _ASKED.search(data)
        assert asked is not None
        assert self._transport is not None
        for answer in self._answers(asked[1].decode()):
            self._transport.sendto(answer, addr)


@asynccontextmanager
async def a_site(answers: Answers) -> AsyncIterator[tuple[str, int]]:
    """Whatever listens there answers so; yields where to ask."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listening.bind(("", 0))
    member = socket.inet_aton(GROUP) + socket.inet_aton(LOOPBACK)
    listening.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: _Site(answers), sock=listening
    )
    try:
        yield GROUP, listening.getsockname()[1]
    finally:
        transport.close()
