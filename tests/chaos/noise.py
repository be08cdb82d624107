"""What nobody can make anything of: sent among the claims, worth nothing, in nobody's way."""

import random
from typing import Any, Final

#: Payloads of a heartbeat.
PAYLOADS: Final = (
    b"",
    b"\x00\xff\xfe",
    b"{}",
    b"[" * 2_000,
    b" " * 5_000,
    b'{"at": "yesterday"}',
    b'{"at": -1}',
    b'{"at": 1e400}',
    b'{"at": NaN}',
    b'{"at": "0001-01-01T00:00:00Z"}',
    b'{"at": 1795334400000, "state": "asleep"}',
    b'{"at": 1795334400000, "seq": -1, "boot": ""}',
    b'{"at": 1795334400000, "since": [1]}',
    '{"at": 1795334400000, "boot": "é", "seq": 1}'.encode(),
    b'{"at": 1795334400000, "boot": "\\ud800", "seq": 1}',
    b'{"at": 0, "at": 0, "since": 99999999999999999999999}',
)
#: Entries of a gateway's message.
ENTRIES: Final[tuple[Any, ...]] = (
    17,
    None,
    "LIVE-2",
    [],
    {},
    {"device": "LIVE-2"},
    {"at": 1795334400000},
    {"device": "LIVE-2", "at": "yesterday"},
    {"device": "NOBODY", "at": 1795334400000},
    {"device": "NOBODY", "at": 1795334400000, "boot": "nobody", "seq": 1},
    {"device": "../LIVE-2", "at": 1795334400000},
    {"device": "LIVE-2", "at": 1795334400000, "since": {}},
    {"device": "LIVE-2", "at": 1795334400000, "boot": 5, "seq": "x"},
)
LEAVES: Final = ("heartbeat", "status", "hearbeat", "a/b/c", "frigate/x")


def entry(rng: random.Random) -> list[Any]:
    """Sometimes one."""
    return [rng.choice(ENTRIES)] if rng.random() < 0.1 else []


def message(rng: random.Random) -> tuple[str, bytes] | None:
    """A leaf and a payload, sometimes."""
    return (rng.choice(LEAVES), rng.choice(PAYLOADS)) if rng.random() < 0.02 else None
