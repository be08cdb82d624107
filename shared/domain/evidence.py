"""How strong a signed heartbeat's evidence is: which part of its span is proven.

A nonce proves that the signature was made after we issued it; its arrival proves that it was made
before. So a signature with a nonce just issued shows the device, with its own key, alive within
these two instants. A backlog can never have that: it is attested, not proven (FAULTS §0, no. 10).
"""

from typing import Final

from shared.domain.heartbeat import SECOND_US

#: A nonce this old, on arrival, no longer shows that the device is alive now.
FRESH_US: Final = 120 * SECOND_US
#: Nonces change every minute; a proof reaches back over one change, so that proofs join up.
REACH_US: Final = 60 * SECOND_US


def proven(
    start_us: int, end_us: int, *, issued_us: int, received_us: int
) -> tuple[int, int] | None:
    """The proven part of the credited span [start, end), if there is any."""
    if not issued_us <= received_us <= issued_us + FRESH_US:
        return None
    start_us = max(start_us, issued_us - REACH_US)
    return (start_us, end_us) if start_us < end_us else None
