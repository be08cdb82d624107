"""What ingest has committed, told to whoever sent it: a journal is trimmed by this only.

One JSON array on `giamsat/v1/{facility}/{sender}/ack`, an entry for each boot. A sequence number is
acknowledged once what it named is in the database, as coverage or in quarantine.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from shared.contracts.heartbeat import Boot, Seq
from shared.domain.states import Refusal

#: The most an acknowledgement holds, bytes; more is told in a second one.
MAX_ACKNOWLEDGEMENT: Final = 64 * 1024


class Refused(msgspec.Struct, frozen=True, gc=False):
    """Taken note of, but not credited. Sending it again will not help."""

    seq: Seq
    reason: str


class Acknowledged(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Committed sequence numbers of one boot: closed ranges [first, last], ascending."""

    boot: Boot
    seq: tuple[tuple[Seq, Seq], ...]
    refused: tuple[Refused, ...] = ()


encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(list[Acknowledged]).decode


def folded(numbers: Iterable[int]) -> tuple[tuple[int, int], ...]:
    """Numbers in any order, repeated or not, as ascending closed ranges."""
    ranges: list[tuple[int, int]] = []
    for number in sorted(set(numbers)):
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1] = (ranges[-1][0], number)
        else:
            ranges.append((number, number))
    return tuple(ranges)


def of(
    committed: Mapping[str, Iterable[int]], refused: Mapping[str, Sequence[tuple[int, Refusal]]]
) -> list[Acknowledged]:
    """The acknowledgement of one sender, from its numbers by boot; the refused are among them."""
    return [
        Acknowledged(
            boot,
            folded(numbers),
            tuple(Refused(seq, reason.value) for seq, reason in refused.get(boot, ())),
        )
        for boot, numbers in committed.items()
    ]
