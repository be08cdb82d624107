"""What must hold of one flush, whatever came before it: bounded, storable, acknowledged rightly."""

import re
from typing import Any, Final

import msgspec

from services.ingest import flush
from services.ingest.flush import Batch
from services.ingest.haul import Haul
from services.ingest.notes import rows
from services.ingest.quarantine import entries as quarantine
from services.ingest.quarantine.entries import Entry
from services.ingest.quarantine.sample import SAMPLE_BYTES
from shared.contracts import acknowledgement
from shared.contracts.acknowledgement import MAX_ACKNOWLEDGEMENT
from shared.domain.states import SECURITY, Refusal

Numbers = set[tuple[str, int]]

#: A byte that nobody can look at is written in four characters at most.
_ESCAPED: Final = 4
_LONGEST_TOPIC: Final = _ESCAPED * quarantine.TOPIC_BYTES + len(quarantine.OTHERS) + 1
_ACK: Final = re.compile(r"giamsat/v1/[^/]+/[^/]+/ack")
_BIGINT: Final = 1 << 63


def check(batch: Batch, *, carried: Numbers, received: int) -> None:
    """`carried`: boots and sequence numbers that were sent; `received`: how many bytes were."""
    check_entries(batch.entries)
    check_hauls(batch.hauls, received)
    check_acks(batch, carried)
    assert all(event.kind in SECURITY and event.count > 0 for event in batch.security)
    _storable(rows.of_security(batch.security))


def check_entries(entries: list[Entry]) -> None:
    """Printable, bounded, and nothing that nobody foresaw."""
    assert len(entries) <= quarantine.MOST_TOPICS + len(Refusal)
    kept = [payload for entry in entries for _, payload in entry.kept]
    assert sum(map(len, kept)) <= quarantine.MOST_KEPT_BYTES
    for entry in entries:
        assert entry.reason is not Refusal.UNEXPECTED
        assert entry.topic.isprintable()
        assert len(entry.topic) <= _LONGEST_TOPIC
        assert entry.sample.isprintable()
        assert len(entry.sample) <= _ESCAPED * SAMPLE_BYTES
        assert len(entry.kept) <= min(entry.count, quarantine.MOST_KEPT)
        assert not entry.kept or entry.reason in quarantine.MENDABLE
        assert not (entry.kept and entry.topic.endswith("/frame"))
        assert entry.first_us <= entry.last_us or entry.count > 1
    _storable(flush._entry_columns(entries))


def check_hauls(hauls: list[Haul], received: int) -> None:
    pieces = [piece for haul in hauls for piece in _pieces(haul)]
    # The smallest statement takes a few bytes, and stands for every device of a house at most.
    assert len(pieces) <= _PIECES_A_MESSAGE + received
    assert all(start < end for start, end in pieces)
    assert len({id(haul.track) for haul in hauls}) == len(hauls)
    coverage, faulty, faults = flush._columns(hauls)
    assert len(faulty.days) == len(faults) <= len(coverage.days)
    _storable(flush._latest_words(hauls))
    for haul in hauls:
        _storable([haul.identity, haul.clock, *haul.conditions])


def check_acks(batch: Batch, carried: Numbers) -> None:
    """Only what was numbered, each in a message that is short enough and can be read."""
    for topic, payload in batch.acks.messages():
        assert _ACK.fullmatch(topic)
        assert len(payload) <= MAX_ACKNOWLEDGEMENT
        for one in acknowledgement.decode(payload):
            spans = [range(first, last + 1) for first, last in one.seq]
            assert sum(map(len, spans)) <= len(carried)
            told = {number for span in spans for number in span}
            assert {(one.boot, number) for number in told} <= carried
            assert {refused.seq for refused in one.refused} <= told


_PIECES_A_MESSAGE: Final = 12 * 12


def _pieces(haul: Haul) -> list[tuple[int, int]]:
    faults = [piece for pieces in haul.faults.values() for piece in pieces]
    return [*haul.watched, *haul.late, *haul.proven, *faults]


def _storable(value: Any) -> None:
    """A database takes it: no NUL in a text, no number beyond 64 bits."""
    match value:
        case str():
            assert "\x00" not in value
            value.encode()
        case int():
            assert -_BIGINT <= value < _BIGINT
        case list() | tuple():
            for one in value:
                _storable(one)
        case dict():
            for one in value.values():
                _storable(one)
        case msgspec.Struct():
            _storable(msgspec.structs.astuple(value))
