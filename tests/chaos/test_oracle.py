from tests.chaos.ledger import Claim, Record, Told
from tests.chaos.model import COVERED, DAY, OFFSET, SECOND, Registered
from tests.chaos.oracle import Kind, Oracle, Sight, Verdict

NOW = 1_795_334_400 * SECOND
TODAY = (NOW + OFFSET) // DAY
HEARD = (NOW - 20 * SECOND, NOW - 10 * SECOND)
UNHEARD = (NOW - 10 * SECOND, NOW - 5 * SECOND)


def record(*, told: int, untold: int = 0) -> Record:
    """Claims of ten seconds that are told to be committed, and of five that are not."""
    found = Record()
    for seq, span in enumerate([HEARD] * told + [UNHEARD] * untold):
        found.add(Claim("CAM", "CAM", "boot", seq, *span, "ok", NOW))
    for seq in range(told):
        found.add(Told("boot", seq, NOW))
    return found


def concluded(found: Record, *on_record: tuple[int, int]) -> Verdict:
    rows = {("CAM", TODAY, column): list(on_record) for column in (COVERED, "watched")}
    sight = Sight(rows, 0, (), frozenset(), 0)
    oracle = Oracle({"CAM": Registered(NOW - 30 * DAY, 30 * SECOND)})
    return oracle.conclude(sight, found, looked_us=NOW + SECOND)


def kinds(verdict: Verdict) -> set[Kind]:
    return {finding.kind for finding in verdict.findings}


def test_what_was_acknowledged_and_is_missing_is_lost() -> None:
    verdict = concluded(record(told=1))
    assert kinds(verdict) == {Kind.LOST}
    assert verdict.lost["CAM", TODAY, COVERED] == [HEARD]
    assert verdict.waiting_us == 0


def test_what_nobody_was_told_of_is_not_lost_but_waits() -> None:
    """Its senders still keep it: ingest stood still, and has forgotten nothing."""
    verdict = concluded(record(told=1, untold=1), HEARD)
    assert kinds(verdict) == {Kind.WAITING, Kind.UNTOLD}
    assert verdict.waiting["CAM", TODAY, COVERED] == [UNHEARD]
    assert (verdict.lost_us, verdict.untold) == (0, 1)


def test_what_waits_does_not_hide_what_is_lost() -> None:
    verdict = concluded(record(told=1, untold=1))
    assert verdict.lost["CAM", TODAY, COVERED] == [HEARD]
    assert verdict.waiting["CAM", TODAY, COVERED] == [UNHEARD]


def test_all_on_record_and_told_is_clean() -> None:
    assert concluded(record(told=2), HEARD).is_clean()
