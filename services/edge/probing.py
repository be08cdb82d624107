"""The words of WS-Discovery: a probe, and what is taken of an answer to it.

Answers are XML from strangers. They are read by expat with every declaration refused, so there are
no entities to expand and nothing to fetch, with bounds on length, depth and number of elements.
"""

import ipaddress
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote, urlsplit
from xml.parsers import expat

import msgspec

from shared.contracts.discovery import Found
from shared.runtime.errors import GiamsatError

_SOAP: Final = "http://www.w3.org/2003/05/soap-envelope"
_ADDRESSING: Final = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
_DISCOVERY: Final = "http://schemas.xmlsoap.org/ws/2005/04/discovery"
#: Prefix, namespace and name of what is asked for: cameras by their old type and by their new one.
TYPES: Final = (
    ("dn", "http://www.onvif.org/ver10/network/wsdl", "NetworkVideoTransmitter"),
    ("tds", "http://www.onvif.org/ver10/device/wsdl", "Device"),
)
_NAMES: Final = frozenset(name for _, _, name in TYPES)
_SCOPE: Final = "onvif://www.onvif.org/"
MAX_ANSWER: Final = 16 * 1024
_DEEPEST: Final = 24
_MOST_ELEMENTS: Final = 600
_MOST_TEXT: Final = 4 * 1024
_WORD: Final = 80
_TEXTS: Final = {
    f"{_ADDRESSING} RelatesTo": "relates_to",
    f"{_ADDRESSING} Address": "endpoint",
    f"{_DISCOVERY} Types": "types",
    f"{_DISCOVERY} Scopes": "scopes",
    f"{_DISCOVERY} XAddrs": "addresses",
}
_MATCH: Final = f"{_DISCOVERY} ProbeMatch"
_ENDPOINT: Final = f"{_ADDRESSING} EndpointReference"
_PATH: Final = re.compile(r"/[A-Za-z0-9/._-]{0,150}")


class UnsoundError(GiamsatError):
    """This is no answer to us, or none that may be read."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"no sound answer: {reason}")


def probe(message_id: str, kind: tuple[str, str, str]) -> bytes:
    prefix, namespace, name = kind
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        f'<s:Envelope xmlns:s="{_SOAP}" xmlns:a="{_ADDRESSING}" xmlns:d="{_DISCOVERY}">'
        f'<s:Header><a:Action s:mustUnderstand="1">{_DISCOVERY}/Probe</a:Action>'
        f"<a:MessageID>{message_id}</a:MessageID><a:ReplyTo>"
        f"<a:Address>{_ADDRESSING}/role/anonymous</a:Address></a:ReplyTo>"
        '<a:To s:mustUnderstand="1">urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To>'
        f'</s:Header><s:Body><d:Probe><d:Types xmlns:{prefix}="{namespace}">{prefix}:{name}'
        "</d:Types></d:Probe></s:Body></s:Envelope>"
    ).encode()


def matches_in(data: bytes, *, sender: str, asked: frozenset[str]) -> list[Found]:
    """The cameras in an answer. Raises UnsoundError."""
    if len(data) > MAX_ANSWER:
        raise UnsoundError("too long")
    if not _is_near(sender):
        raise UnsoundError("from beyond this network")
    reader = _Reader()
    reader.read(data)
    if reader.relates_to not in asked:
        raise UnsoundError("not asked for")
    return list(_cameras(reader.matches, sender))


def _cameras(matches: list[dict[str, str]], sender: str) -> Iterator[Found]:
    for match in matches:
        kinds = {kind.rpartition(":")[2] for kind in match.get("types", "").split()}
        address = _address_of(match.get("addresses", ""), sender)
        if kinds & _NAMES and address is not None:
            scopes = match.get("scopes", "").split()
            try:
                yield msgspec.convert(
                    {
                        "endpoint": match.get("endpoint", "").strip().lower(),
                        "address": address,
                        "name": _scope(scopes, "name"),
                        "hardware": _scope(scopes, "hardware"),
                    },
                    Found,
                )
            except msgspec.ValidationError:
                continue


def _address_of(text: str, sender: str) -> str | None:
    """At the very address it spoke from: a stranger shall not point us at somebody else."""
    for one in text.split():
        try:
            parts = urlsplit(one)
            port = parts.port
        except ValueError:
            continue
        path = parts.path or "/"
        if parts.scheme in {"http", "https"} and parts.hostname == sender and _PATH.fullmatch(path):
            return f"{parts.scheme}://{sender}{f':{port}' if port else ''}{path}"
    return None


def _is_near(sender: str) -> bool:
    try:
        address = ipaddress.IPv4Address(sender)
    except ipaddress.AddressValueError:
        return False
    return address.is_private and not address.is_unspecified


def _scope(scopes: list[str], what: str) -> str:
    """`onvif://www.onvif.org/name/Front%20gate` as a word fit to be looked at."""
    start = f"{_SCOPE}{what}/"
    found = next((one[len(start) :] for one in scopes if one.startswith(start)), "")
    plain = unicodedata.normalize("NFC", unquote(found, errors="replace"))
    return "".join(char for char in plain if char.isprintable())[:_WORD].strip()


@dataclass(slots=True)
class _Reader:
    """Takes the texts that are asked for out of one answer."""

    relates_to: str = ""
    matches: list[dict[str, str]] = field(default_factory=list)
    _path: list[str] = field(default_factory=list)
    _text: list[str] = field(default_factory=list)
    _elements: int = 0
    _length: int = 0

    def read(self, data: bytes) -> None:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartDoctypeDeclHandler = self._refuse
        parser.EntityDeclHandler = self._refuse
        parser.ExternalEntityRefHandler = self._refuse
        parser.ProcessingInstructionHandler = self._refuse
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        try:
            parser.Parse(data, True)  # noqa: FBT003 - the library's own signature
        except (expat.ExpatError, ValueError, LookupError) as exc:
            raise UnsoundError("no XML") from exc

    def _refuse(self, *_: object) -> int:
        raise UnsoundError("it declares something")

    def _start(self, name: str, _: dict[str, str]) -> None:
        self._elements += 1
        if len(self._path) >= _DEEPEST or self._elements > _MOST_ELEMENTS:
            raise UnsoundError("too many elements")
        self._path.append(name)
        self._text, self._length = [], 0
        if name == _MATCH:
            self.matches.append({})

    def _characters(self, text: str) -> None:
        self._length += len(text)
        if self._length > _MOST_TEXT:
            raise UnsoundError("too much text")
        self._text.append(text)

    def _end(self, name: str) -> None:
        self._path.pop()
        text, self._text, self._length = "".join(self._text).strip(), [], 0
        what = _TEXTS.get(name)
        if what == "relates_to":
            self.relates_to = text
        elif what is not None and _MATCH in self._path and self.matches:
            is_other = what == "endpoint" and self._path[-1] != _ENDPOINT
            if not is_other:
                self.matches[-1].setdefault(what, text)
