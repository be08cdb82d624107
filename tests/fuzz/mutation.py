"""Changes that keep a message almost well-formed: what a fuzzer of bytes would rarely hit upon."""

import re
from collections.abc import Callable
from random import Random
from typing import Final

from tests.fuzz.records import HEADER, SEPARATOR

_TOKEN: Final = re.compile(
    rb'"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false|null|[\[\]{},:/]'
)
_OBJECT: Final = re.compile(rb"\{")
#: Values at and beyond every border we know of.
WILD: Final = (
    b"null", b"true", b"false", b"0", b"-1", b"1", b"0.0000001", b"1e308", b"-1e308", b"1e-400",
    b"1e999", b"9" * 400, b"9" * 4400, b"-" + b"9" * 30, b"9223372036854775807",
    b"9223372036854775808", b"18446744073709551616", b"253402300799999", b"253402300800000",
    b"1795334400000", b"1795334399999.5", b"1795334280000", b"1795334520001", b"1795330800000",
    b"1794729600000", b"1795334400000000", b'"2026-11-22T08:00:00Z"', b'"2026-11-22T07:59:30.5Z"',
    b'"2026-11-22T15:00:00+07:00"', b'"2026-11-22T08:00:60Z"', b'"0001-01-01T00:00:00+23:59"',
    b'"9999-12-31T23:59:59.999999-23:59"', b'"24:00"', b'""', b'"/"', b'"*"', b'"a/"', b'"\\u0000"',
    b'"\\ud800"', b'"\xff"', b'"\xc2\x85\xe2\x80\xa8\xf3\xa0\x80\x81"', b'"' + b"A" * 600 + b'"',
    b"[]", b"{}", b"[" * 600, b'{"a":' * 300, b"NaN", b"Infinity", b'"CAM-1"', b'"KEY"', b'"GW"',
    b'"OLD"', b'"NEW"', b'"GHOST"', b'"ok"', b'"covered"', b'"frozen"', b'"now"', b'"old"',
    b'"boot-1"', b'"boot-2"', b'"offline"', b'"online"',
)  # fmt: skip
#: Members of an object, so that a field turns up where there was none.
MEMBERS: Final = tuple(
    b'"%b":%b,' % (name, value)
    for name, value in (
        (b"at", b"1795334400000"), (b"since", b"1795334370000"), (b"sent", b"1795334400000"),
        (b"boot", b'"boot-1"'), (b"seq", b"7"), (b"nonce", b'"now"'), (b"sig", b'"AAAA"'),
        (b"device", b'"CAM-1"'), (b"state", b'"dark"'), (b"battery", b"50"), (b"rssi", b"-60"),
        (b"last_seen", b"1795334400000"), (b"uptime", b"1"), (b"UptimeSec", b"1"), (b"ts", b"1.5"),
    )
)  # fmt: skip


def mutated(data: bytes, random: Random) -> bytes:
    """One change, of any kind."""
    changed: bytes = random.choice(_CHANGES)(data, random)
    return changed


def _token(data: bytes, random: Random) -> bytes:
    found = list(_TOKEN.finditer(data))
    if not found:
        return _bytes(data, random)
    chosen = random.choice(found)
    return data[: chosen.start()] + random.choice(WILD) + data[chosen.end() :]


def _member(data: bytes, random: Random) -> bytes:
    places = [found.end() for found in _OBJECT.finditer(data)]
    if not places:
        return _bytes(data, random)
    at = random.choice(places)
    return data[:at] + random.choice(MEMBERS) + data[at:]


def _bytes(data: bytes, random: Random) -> bytes:
    at = random.randrange(len(data) + 1)
    return data[:at] + random.randbytes(random.randrange(4)) + data[at + random.randrange(3) :]


def _part(data: bytes, random: Random) -> bytes:
    """Left out, or said again somewhere else."""
    start, end = sorted(random.randrange(len(data) + 1) for _ in range(2))
    if random.random() < 0.5:
        return data[:start] + data[end:]
    at = random.randrange(len(data) + 1)
    return data[:at] + data[start:end] + data[at:]


def _record(data: bytes, random: Random) -> bytes:
    """Messages in another order, twice, or not at all."""
    records = data.split(SEPARATOR)
    chosen = random.choice(records)
    if random.random() < 0.3 and len(records) > 1:
        records.remove(chosen)
    else:
        records.insert(random.randrange(len(records) + 1), chosen)
    return SEPARATOR.join(records)


def _circumstance(data: bytes, random: Random) -> bytes:
    """Another place, flag, step or repetition of one message."""
    records = data.split(SEPARATOR)
    number = random.randrange(len(records))
    head = bytearray(records[number][:HEADER])
    if head:
        head[random.randrange(len(head))] = random.randrange(256)
    records[number] = bytes(head) + records[number][HEADER:]
    return SEPARATOR.join(records)


_CHANGES: Final[tuple[Callable[[bytes, Random], bytes], ...]] = (
    _token, _token, _token, _member, _member, _bytes, _part, _record, _circumstance,
)  # fmt: skip
