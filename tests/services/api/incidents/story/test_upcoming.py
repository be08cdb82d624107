"""What comes next if nobody does anything: as alerts will decide it, and in plain words."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.api.incidents.schemas import IncidentOut
from services.api.incidents.story.upcoming import Climb, Next, next_words, upcoming
from services.api.overview.shown import Voice
from shared.domain.access import Role
from shared.domain.approvals import Kind
from shared.domain.escalation import Rung
from shared.domain.holidays import Holidays
from shared.domain.ladders import Case, Ladder, Taken
from shared.domain.office_hours import Hours
from shared.domain.states import Cause, IncidentState, Severity
from shared.i18n import translator

AT = datetime(2026, 11, 20, 5, tzinfo=UTC)
EN = Voice(translator("en"), lambda at: f"{at:%H:%M}")
LADDER = Ladder(
    "0.3",
    (
        Rung(1, Role.FACILITY_MANAGER, timedelta(minutes=5)),
        Rung(2, Role.COMMUNE_CPO, timedelta(minutes=15)),
        Rung(3, Role.DEPT_OFFICER, timedelta(minutes=30)),
    ),
    AT - timedelta(days=1),
)
TOLD = [
    Taken("0.3/warning", 1, Role.FACILITY_MANAGER), Taken("0.3/warning", 2, Role.COMMUNE_CPO),
    Taken("0.3/warning", 3, Role.DEPT_OFFICER),
]  # fmt: skip


def incident(**known: Any) -> IncidentOut:
    usual: dict[str, Any] = {
        "id": 1, "facility": "F", "cause": Cause.DEVICE_SILENT, "state": IncidentState.OPEN,
        "since": AT, "opened_at": AT, "resolved_at": None, "acknowledged_at": None,
    }  # fmt: skip
    return IncidentOut(**(usual | known))


def climb(steps: int, **known: Any) -> Climb:
    case = Case(Severity.WARNING, Cause.DEVICE_SILENT, facility_id=1)
    return Climb(case, [LADDER], TOLD[:steps], AT, **known)


def said(one: IncidentOut, how_far: Climb, minutes: float = 6) -> str:
    now = AT + timedelta(minutes=minutes)
    return next_words(upcoming(one, how_far, now=now), EN, now=now)


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        (0, "The facility is told now."),
        (1, "The commune officer is told at 05:15 unless somebody takes it up."),
        (2, "The Department of Health is told at 05:30 unless somebody takes it up."),
        (3, "Everybody on the ladder has been told; nobody has taken it up."),
    ],
)
def test_the_next_step_is_told_with_its_time(steps: int, words: str) -> None:
    assert said(incident(), climb(steps)) == words


def test_nobody_further_is_told_once_somebody_took_it_up_or_it_is_over() -> None:
    assert said(incident(acknowledged_at=AT), climb(1)).startswith("Somebody sees to it")
    assert said(incident(state=IncidentState.RESOLVED), climb(1)) == ""


def test_what_is_put_off_comes_no_sooner() -> None:
    until = AT + timedelta(minutes=20)
    assert said(incident(snoozed_until=until), climb(1)) == (
        "Put off: nobody is told before 05:20."
    )
    later = said(incident(snoozed_until=until), climb(2))
    assert later.startswith("The Department of Health is told at 05:30")
    past = said(incident(snoozed_until=until), climb(1), minutes=21)
    assert past == "The commune officer is told now."


def test_an_approved_silence_is_said() -> None:
    assert said(incident(), climb(1, quiet=Kind.MAINTENANCE)).startswith("Messages are silenced")


def test_a_mute_silences_the_steps_of_the_facility_only() -> None:
    assert said(incident(), climb(0, quiet=Kind.MUTE)).startswith("The commune officer is told at")
    own = replace(LADDER, rungs=LADDER.rungs[:1])
    quiet = replace(climb(0, quiet=Kind.MUTE), ladders=[own])
    assert said(incident(), quiet).startswith("Messages are silenced")


def test_a_step_that_keeps_office_hours_is_told_for_when_the_office_opens() -> None:
    """It is Friday noon in Viet Nam; Monday may be a holiday."""
    rungs = tuple(replace(rung, hours=Hours.OFFICE) for rung in LADDER.rungs)
    how_far = replace(climb(2), ladders=[replace(LADDER, rungs=rungs)])
    now = AT + timedelta(minutes=16)
    friday = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)
    assert upcoming(incident(), how_far, now=now).at == friday

    weekend = replace(how_far, counts_from=friday + timedelta(hours=4))
    monday = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)
    assert upcoming(incident(), weekend, now=now).at == monday

    off = replace(weekend, holidays=Holidays(frozenset({monday.date()})))
    assert upcoming(incident(), off, now=now).at == monday + timedelta(days=1)


def test_reminders_are_announced() -> None:
    again = climb(3, remind_after=timedelta(minutes=60))
    assert said(incident(), again).startswith("Everybody told is told again at 06:00")
    sooner = climb(1, remind_after=timedelta(minutes=10))
    assert said(incident(), sooner).startswith("Everybody told is told again at 05:10")


def test_on_another_ladder_whoever_was_told_is_not_told_again() -> None:
    other = Climb(
        Case(Severity.CRITICAL, Cause.DEVICE_SILENT, facility_id=1), [LADDER], TOLD[:1], AT
    )
    now = AT + timedelta(minutes=6)
    found = upcoming(incident(), other, now=now)
    assert (found.what, found.role) == (Next.STEP, Role.COMMUNE_CPO)
