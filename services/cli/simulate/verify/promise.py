"""What makes a message one that must not be lost."""

from enum import StrEnum


class Promise(StrEnum):
    """A broker's word is no durability: one that is killed may lose what it had taken.

    What is acknowledged end to end is committed.
    """

    DELIVERED = "delivered"
    ACKNOWLEDGED = "acknowledged"
