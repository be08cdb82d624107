"""Through what a person is reached: first what was asked for, then whatever else there is.

An address that lately took nothing is passed over while there is another.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from shared.domain.delivery import Channel

#: Messages an hour to one address, by each channel that is in use; what is over waits for a digest.
Limits = Mapping[Channel, int]
MAIL_ONLY: Final[Limits] = {Channel.EMAIL: 20}
#: Webhooks are no person's.
PERSONAL: Final = (Channel.EMAIL, Channel.SMS, Channel.PUSH)


@dataclass(frozen=True, slots=True)
class Contact:
    """One address of somebody."""

    channel: Channel
    address: str
    is_faulty: bool = False


def order_of(preferred: Iterable[Channel], limits: Limits) -> tuple[Channel, ...]:
    """Every channel in use, once: the preferred ones first."""
    wanted = dict.fromkeys((*preferred, *PERSONAL))
    return tuple(channel for channel in wanted if channel in limits)


def choose(order: Sequence[Channel], contacts: Collection[Contact]) -> Contact | None:
    """Where somebody is told first. Nothing at all only if there is no address at all."""
    usable = [one for one in contacts if one.channel in order]
    return min(usable, key=lambda one: (one.is_faulty, order.index(one.channel)), default=None)


def instead(
    order: Sequence[Channel], contacts: Collection[Contact], tried: Collection[tuple[Channel, str]]
) -> Contact | None:
    """Where the same is told next, after it did not arrive where it was tried."""
    left = [
        one for one in contacts if not one.is_faulty and (one.channel, one.address) not in tried
    ]
    return choose(order, left)
