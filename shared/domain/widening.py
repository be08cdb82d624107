"""Which incidents turn out to be a part of something wider, and which of them becomes that."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.domain.causes import Finding, Piece, is_wider


@dataclass(frozen=True, slots=True)
class Part:
    """An incident: what it was put down to, its gaps that last, in whose hands it is."""

    id: int
    finding: Finding
    lasting: Sequence[int] = ()
    was_told: bool = False
    acknowledged_at: datetime | None = None
    snoozed_until: datetime | None = None

    @property
    def rank(self) -> tuple[bool, bool, int]:
        """The least becomes the whole: what nobody has in hand, what was told, what came first."""
        is_in_hand = self.acknowledged_at is not None or self.snoozed_until is not None
        return is_in_hand, not self.was_told, self.id


def whole_of(part: Part, pieces: Mapping[int, Piece], fresh: Collection[int]) -> Finding | None:
    """That of which all that lasts of it is a piece, and something new of its facility another.

    `pieces` is what gaps turn out to be, of which `fresh` are new.
    """
    wholes = {pieces[number].whole if number in pieces else None for number in part.lasting}
    whole = wholes.pop() if len(wholes) == 1 else None
    if whole is None or not is_wider(part.finding, whole):
        return None
    news = [pieces[number] for number in fresh if number in pieces]
    fell = [piece.fell_at for piece in news if piece.whole == whole]
    return whole if fell and takes_up(part, max(fell)) else None


def takes_up(part: Part, fell_at: datetime) -> bool:
    """Whoever took it up or put it off before knew of less: what fell since is another incident,
    with a ladder of its own."""
    if part.snoozed_until is not None and fell_at < part.snoozed_until:
        return False
    return part.acknowledged_at is None or fell_at <= part.acknowledged_at
