"""Sparkplug B: each device is an edge node that reports by exception, in protocol buffers.

Encoded here by hand, so that what reads it is not tested by itself.
"""

from typing import Final

from services.cli.simulate.dialects.base import Moment, Published, below
from services.cli.simulate.speech import Send

PREFIX: Final = "sparkplug"
GROUP: Final = "sim"
#: Field numbers of Payload and of Metric, and the metric's type (sparkplug_b.proto, chapter 6).
_TIMESTAMP, _METRICS, _SEQ = 1, 2, 3
_NAME, _METRIC_TIMESTAMP, _DATATYPE, _INT_VALUE = 1, 3, 4, 10
_INT32: Final = 3
_SEQS: Final = 256


def encode(send: Send, moment: Moment) -> Published:
    [claim] = send.claims
    at_ms = (moment.start_us + claim.at_us) // 1000
    metric = (
        _bytes(_NAME, b"Battery")
        + _number(_METRIC_TIMESTAMP, at_ms)
        + _number(_DATATYPE, _INT32)
        + _number(_INT_VALUE, 87)
    )
    payload = (
        _number(_TIMESTAMP, at_ms) + _bytes(_METRICS, metric) + _number(_SEQ, send.seq % _SEQS)
    )
    return [(below(send, PREFIX, f"spBv1.0/{GROUP}/NDATA/{claim.device.code}"), payload)]


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    low, rest = value & 0x7F, value >> 7
    return bytes([low | 0x80]) + _varint(rest) if rest else bytes([low])
