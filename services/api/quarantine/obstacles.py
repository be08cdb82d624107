"""Why messages set aside cannot be counted anew, whatever was repaired since."""

from enum import StrEnum

from shared.contracts import topics
from shared.contracts.topics import Leaf
from shared.domain.states import Refusal


class Obstacle(StrEnum):
    """What stands against a replay."""

    RETAINED = "retained"
    PICTURE = "picture"
    NOTHING_KEPT = "nothing_kept"


def obstacle_to(reason: Refusal, topic: str, *, kept: int) -> Obstacle | None:
    """Nothing, if the `kept` whole messages of this topic can be read once more."""
    if reason is Refusal.RETAINED:
        return Obstacle.RETAINED
    address = topics.parse(topic)
    if address is not None and address.leaf == Leaf.FRAME:
        return Obstacle.PICTURE
    return None if kept else Obstacle.NOTHING_KEPT
