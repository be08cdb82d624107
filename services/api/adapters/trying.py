"""What a message would mean in a facility, by the rules in force and by others not yet kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.access.caller import Caller
from services.api.access.find import watched_facility
from services.api.access.queries import Facility
from services.api.adapters import queries, unknowns
from services.api.adapters.changing import in_service
from services.api.adapters.queries import Device, Site
from services.api.adapters.reading import Message, Reading, read
from services.api.adapters.schemas import MessageIn, RuleIn, RuleOut
from services.api.problems import InvalidError
from shared.contracts import topics
from shared.contracts.adapters.rules import Rule
from shared.contracts.heartbeat import to_us
from shared.domain.access import Action

#: Names seen longer ago are of no use for mapping.
LATELY: Final = timedelta(days=7)
MOST_STRAYS: Final = 100


@dataclass(frozen=True, slots=True)
class House:
    """A facility's devices in service and the rules between them."""

    facility: Facility
    devices: Mapping[str, Device]
    rules: Sequence[RuleOut]
    site: Site

    def book(self, publisher: str, drafts: Sequence[RuleIn] = ()) -> list[Rule]:
        """What a publisher's names mean; a draft stands before a rule of the same name."""
        every: list[RuleOut | RuleIn] = [*self.rules, *drafts]
        told = {
            (one.prefix, one.name): Rule(one.dialect, one.prefix, one.name, one.device)
            for one in every
            if one.publisher == publisher
        }
        return list(told.values())


@dataclass(frozen=True, slots=True)
class Trial:
    """A message and what becomes of it."""

    house: House
    message: Message
    reading: Reading


async def house(connection: AsyncConnection, caller: Caller, code: str) -> House:
    """For whoever manages the devices there."""
    facility = await watched_facility(connection, code, caller)
    caller.must_be_able_to(Action.MANAGE_DEVICES, facility)
    return House(
        facility,
        {one.code: one for one in await queries.devices(connection, facility.id)},
        await queries.of_facility(connection, facility.id),
        await queries.site(connection, facility.id),
    )


def tried(house: House, given: MessageIn, *, now: datetime) -> Trial:
    """Raises `InvalidError` for what no device of this facility could have sent."""
    publisher, topic = _placed(house, given)
    for draft in given.rules:
        in_service(house.devices, draft.publisher, "rules.publisher")
        in_service(house.devices, draft.device, "rules.device")
    message = Message(publisher, topic, given.whole, to_us(now), given.retained)
    return Trial(house, message, read(house.book(publisher, given.rules), message))


def _placed(house: House, given: MessageIn) -> tuple[str, str]:
    """Who published it, and the topic below that one's own."""
    publisher, topic = given.publisher, given.topic.strip("/")
    if topic == topics.ROOT or topic.startswith(f"{topics.ROOT}/"):
        facility, named, topic = _levels(topic)
        if facility != house.facility.code:
            raise InvalidError(
                "body.topic", f"It is of the facility {facility}.", "Try it on that one's page."
            )
        if publisher not in {None, named}:
            raise InvalidError(
                "body.topic", f"It is {named}'s, not {publisher}'s.", "Correct one of the two."
            )
        publisher = named
    if publisher is None:
        raise InvalidError(
            "body.publisher", "It is missing.", "Say who publishes, or send the full topic."
        )
    in_service(house.devices, publisher, "publisher")
    if not topic or any(level in {"+", "#"} for level in topic.split("/")):
        raise InvalidError(
            "body.topic", "It is no topic of a message.", "Send the topic as it was published."
        )
    return publisher, topic


def _levels(topic: str) -> tuple[str, str, str]:
    """Facility, publisher and what is below, of a topic below our root."""
    below = topic.removeprefix(topics.ROOT).strip("/")
    facility, _, rest = below.partition("/")
    publisher, _, topic = rest.partition("/")
    return facility, publisher, topic


async def unknown_names(
    connection: AsyncConnection, house: House, *, now: datetime
) -> unknowns.Seen:
    """Names seen lately that no rule knows."""
    root = f"{topics.ROOT}/{house.facility.code}"
    strays = await queries.strays(connection, root, since=now - LATELY, limit=MOST_STRAYS)
    rules = {code: house.book(code) for code in house.devices}
    return unknowns.seen(strays, rules, root=root, now_us=to_us(now))
