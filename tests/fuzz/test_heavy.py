"""The most laborious messages we can think of, as long as the broker lets them be."""

import time
from collections.abc import Callable, Iterable

import pytest

from shared.contracts.adapters.payload import LONGEST_PAYLOAD
from tests.fuzz import aftermath
from tests.fuzz.gauge import LONGEST_MS
from tests.fuzz.world import World
from tests.shared.contracts.adapters.laws import RECEIVED_US
from tests.shared.contracts.adapters.test_sparkplug import varint

GATEWAY = "giamsat/v1/HOA-SEN/GW/heartbeats"
RULED = "giamsat/v1/HOA-SEN/GW/w"
LENGTHS = (LONGEST_PAYLOAD, 1 << 20)
MS = RECEIVED_US // 1000
SIGNATURE = b"A" * 86 + b"=="


def full(before: bytes, each: Callable[[int], bytes], after: bytes, length: int) -> bytes:
    """As many different parts as there is room for, with commas between them."""
    count = (length - len(before) - len(after)) // (len(each(99_999)) + 1)
    return before + b",".join(map(each, range(count))) + after


def same(part: bytes) -> Callable[[int], bytes]:
    return lambda _: part


def stored(number: int) -> bytes:
    """A metric that was stored at an instant of its own."""
    metric = b"\x18" + varint(MS - 1000 - number) + b"\x28\x01"
    return b"\x12" + bytes([len(metric)]) + metric


def messages(length: int) -> Iterable[tuple[str, bytes]]:
    yield GATEWAY, full(b"[", lambda _: b"1", b"]", length)
    yield GATEWAY, full(b"[", lambda _: b"{}", b"]", length)
    yield GATEWAY, full(b"[", lambda _: b'{"device":"GHOST","at":1}', b"]", length)
    yield GATEWAY, full(b"[", lambda _: b'{"device":"CAM-1","at":1}', b"]", length)
    yield (
        GATEWAY,
        full(b"[", lambda n: b'{"device":"NEW","at":1,"boot":"%d","seq":1}' % n, b"]", length),
    )
    signed = b'{"device":"KEY","at":9,"since":1,"boot":"a","seq":1,"sig":"%b"}' % SIGNATURE
    yield GATEWAY, full(b"[", lambda _: signed, b"]", length)
    yield GATEWAY, full(
        b"[", lambda n: b'{"device":"CAM-1","at":%d,"since":%d}' % (MS - 9 * n, MS - 9 * n - 1),
        b"]", length,
    )  # fmt: skip
    for number in (b"-1e308", b"1e+0300", b"1E-308"):
        yield GATEWAY, full(b"[", same(number), b"]", length)
        yield (
            f"{RULED}/shelly/x/events/rpc",
            full(
                b'{"method":"NotifyStatus","params":{"x":[',
                same(number),
                b"]}}",
                length,
            ),
        )
    yield f"{RULED}/sparkplug/NDATA/e", stored_many(length)
    for metric in (b"\x12\x00", b"\x12\x02\x10\x01"):
        payload = metric * ((length - 2) // len(metric)) + b"\x18\x01"
        yield f"{RULED}/sparkplug/NDATA/e", payload
    yield (
        f"{RULED}/frigate/stats",
        full(b'{"cameras":{', lambda n: b'"%d":{"camera_fps":1}' % n, b"}}", length),
    )
    yield (
        f"{RULED}/tasmota/tele/x/SENSOR",
        full(b'{"ZbReceived":{', lambda n: b'"%d":{}' % n, b"}}", length),
    )
    yield (
        f"{RULED}/shelly/x/events/rpc",
        full(
            b'{"method":"NotifyStatus","params":{',
            lambda n: b'"devicepower:%d":{}' % n,
            b"}}",
            length,
        ),
    )
    yield f"{RULED}/onvif/onvif-ej/VideoSource/ImageTooDark/&1", full(
        b'{"Source":{"SimpleItem":[', lambda n: b'{"Name":"%d"}' % n,
        b']},"Data":{"State":"true"}}', length,
    )  # fmt: skip
    for value in (b"1" * (length - 40), b'"' + b"1" * (length - 40) + b'"', b"[" * (length - 40)):
        yield f"{RULED}/zigbee2mqtt/x", b'{"battery":1,"last_seen":' + value + b"}"
    yield "giamsat/v1/HOA-SEN/CAM-1/heartbeat", b" " * length
    yield "giamsat/v1/HOA-SEN/CAM-1/status", b"o" * length
    yield f"{RULED}/tasmota" + "/x" * 30_000 + "/STATE", b"{}"


def stored_many(length: int) -> bytes:
    return b"".join(map(stored, range((length - 20) // len(stored(1))))) + b"\x18\x01"


@pytest.mark.parametrize("length", LENGTHS)
def test_no_message_keeps_a_worker_busy_for_long(length: int) -> None:
    for topic, payload in messages(length):
        assert len(payload) <= length
        # A busy machine is slow now and then.
        assert any(_heard_ms(topic, payload) < LONGEST_MS for _ in range(3)), payload[:60]


def _heard_ms(topic: str, payload: bytes) -> float:
    world = World()
    world.pass_time(0)
    before_s = time.process_time()
    world.hear(topic, payload, 1, is_retained=False)
    world.look_again()
    batch = world.empty([], None)
    took_s = time.process_time() - before_s
    aftermath.check_entries(batch.entries)
    aftermath.check_hauls(batch.hauls, len(payload))
    return took_s * 1e3
