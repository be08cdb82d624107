"""The story of an incident: everything that can happen has words, and every decision its reason."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.api.incidents.schemas import (
    AcknowledgementOut,
    ActionOut,
    EventOut,
    IncidentDetailOut,
    NotificationOut,
)
from services.api.incidents.story import words
from services.api.incidents.story.telling import StoryLine, story
from services.api.overview.shown import Voice
from shared.domain.access import Role
from shared.domain.delivery import Channel, MessageState, Receipt
from shared.domain.escalation import How, Why
from shared.domain.handling import ActionKind, Resolution, Verdict, Way
from shared.domain.incidents import EventKind
from shared.domain.states import Cause, IncidentState, Severity
from shared.i18n import translator

AT = datetime(2026, 11, 20, 5, tzinfo=UTC)
EN = Voice(translator("en"), lambda at: f"{at:%H:%M}")


def incident(**known: Any) -> IncidentDetailOut:
    usual: dict[str, Any] = {
        "id": 1, "facility": "F", "cause": Cause.DEVICE_SILENT, "state": IncidentState.OPEN,
        "since": AT, "opened_at": AT, "resolved_at": None, "acknowledged_at": None, "gaps": [],
        "timeline": [], "notifications": [], "acknowledgements": [],
    }  # fmt: skip
    return IncidentDetailOut(**(usual | known))


def event(kind: str, number: int = 1, **detail: object) -> EventOut:
    return EventOut(id=number, at=AT, kind=kind, gap=None, detail=detail)


def message(**known: Any) -> NotificationOut:
    usual: dict[str, Any] = {
        "id": 1, "kind": "alert", "role": Role.COMMUNE_CPO, "channel": "email", "state": "sent",
        "created_at": AT, "due_at": None, "sent_at": AT, "attempts": 1, "outcome": "accepted",
        "address": None,
    }  # fmt: skip
    return NotificationOut(**(usual | known))


def only(**known: Any) -> StoryLine:
    (line,) = story(incident(**known), {}, EN)
    return line


@pytest.mark.parametrize("kind", list(EventKind))
@pytest.mark.parametrize("language", ["vi", "en"])
def test_everything_that_can_happen_has_words(kind: EventKind, language: str) -> None:
    voice = Voice(translator(language), EN.near)
    (line,) = story(incident(timeline=[event(kind)]), {}, voice)
    assert line.words
    assert "%(" not in line.words
    assert kind in words.EVENTS


def test_what_a_newer_release_wrote_is_told_as_it_stands() -> None:
    line = only(timeline=[event("went_to_sleep", reason="was_tired", odd={"a": [1]})])
    assert (line.words, line.note) == ("Something happened: went_to_sleep", "was tired")


@pytest.mark.parametrize(
    "codes",
    [
        (words.SEVERITIES, Severity), (words.CHANNELS, Channel), (words.RECEIPTS, Receipt),
        (words.VERDICTS, Verdict), (words.RESOLUTIONS, Resolution), (words.ACTIONS, ActionKind),
    ],
)  # fmt: skip
def test_every_code_has_words(codes: Any) -> None:
    known, all_of_them = codes
    assert set(known) == set(all_of_them)


def test_every_reason_of_the_ladder_has_words() -> None:
    assert set(Why) <= set(words.REASONS)
    assert set(words.HOW) == set(How) - {How.NOBODY}
    assert set(words.WAYS) == set(Way) - {Way.CONSOLE}
    assert set(words.UNSENT) == set(MessageState) - {MessageState.SENT}


@pytest.mark.parametrize(
    ("kind", "detail", "said", "why"),
    [
        (
            "told", {"role": "COMMUNE_CPO", "reason": "due", "after_s": 900, "how": "on_duty"},
            "Decided to tell the commune officer",
            "its turn came: nobody had taken it up for 15 min · who is on duty",
        ),
        (
            "told",
            {"role": "DEPT_OFFICER", "reason": "previous_unreachable",
             "nobody_at": ["COMMUNE_CPO"]},
            "Decided to tell the Department of Health",
            "nobody could be told before: the commune officer",
        ),
        (
            "step_unreachable", {"role": "COMMUNE_CPO", "reason": "nobody_holds_the_role"},
            "Nobody could be told as the commune officer: no one holds that role here",
            "the next step is told at once",
        ),
        (
            "muted", {"reason": "maintenance", "until": "2026-11-20T07:00:00+00:00"},
            "Messages are silenced until 07:00", "approved maintenance; gaps go on record",
        ),
        (
            "incident_joined", {"parent_id": 7, "reason": "fell_silent_together"},
            "It is part of incident 7", "many facilities of the area fell silent together",
        ),
        (
            "incident_opened",
            {"cause": "device_silent", "held_until": "2026-11-20T05:00:10+00:00"},
            "Incident opened: Devices went silent",
            "nobody is told before 05:00, so that what belongs together comes together",
        ),
        ("severity_changed", {"severity": "critical"}, "It now counts as critical", ""),
        (
            "delivery_failed", {"reason": "bounced", "instead": "sms"},
            "A message could not be delivered", "it came back · sent by SMS instead",
        ),
        ("incident_grew", {"zones": ["Sân", "Bếp"]}, "It also concerns: Sân, Bếp", ""),
        (
            "gap_closed", {"ended_by": "not_required"},
            "A zone no longer has to be watched at this time", "",
        ),
        ("gap_opened", {"from": AT.isoformat()}, "A zone is no longer being watched",
         "since 05:00"),
    ],
)  # fmt: skip
def test_a_decision_says_what_and_why(
    kind: str, detail: dict[str, Any], said: str, why: str
) -> None:
    line = only(timeline=[event(kind, **detail)])
    assert (line.words, line.note) == (said, why)


@pytest.mark.parametrize(
    ("known", "said", "how"),
    [
        ({"who": "An"}, "Told the commune officer", "e-mail · An"),
        (
            {"channel": "sms", "provider": "esms", "attempts": 2, "receipt": "delivered",
             "receipt_at": AT + timedelta(minutes=1)},
            "Told the commune officer", "SMS · esms · 2 attempts · arrived 05:01",
        ),
        (
            {"state": "pending", "sent_at": None, "due_at": AT + timedelta(minutes=5),
             "attempts": 3},
            "A message to the commune officer is waiting to be sent",
            "e-mail · 3 attempts · next try at 05:05",
        ),
        (
            {"state": "cancelled", "sent_at": None, "attempts": 0},
            "A message to the commune officer was not sent: somebody took it up", "e-mail",
        ),
        ({"kind": "reminder"}, "Told the commune officer again", "e-mail"),
    ],
)  # fmt: skip
def test_a_message_says_through_what_and_with_which_result(
    known: dict[str, Any], said: str, how: str
) -> None:
    line = only(notifications=[message(**known)])
    assert (line.words, line.note) == (said, how)


def test_what_failed_stands_out() -> None:
    assert only(notifications=[message(receipt="failed")]).kind is words.Mood.BAD
    assert only(notifications=[message(state="dead", sent_at=None)]).kind is words.Mood.BAD


def test_what_people_did_is_told_once_and_in_their_words() -> None:
    done = ActionOut(
        id=4, kind=ActionKind.SNOOZE, by="An", at=AT, note="Thợ đang đến",
        until=AT + timedelta(hours=1),
    )  # fmt: skip
    taken_in = EventOut(
        id=9, at=AT, kind="snoozed", gap=None, detail={"until": "2026-11-20T06:00:00Z"}, action=4
    )
    line = only(actions=[done], timeline=[taken_in])
    assert (line.words, line.note) == ("An put it off until 06:00", "Thợ đang đến")


def test_taking_it_up_is_told_once_with_how_and_who_is_still_missing() -> None:
    taken = AcknowledgementOut(id=3, by="An", note="", via=Way.LINK, acknowledged_at=AT)
    noted = event("acknowledged", acknowledgement_id=3, waits_for=1)
    line = only(acknowledgements=[taken], timeline=[noted])
    assert line.words == "An took it up"
    assert line.note == "by the link in the message · 1 other must still take it up"


def test_at_one_moment_what_was_found_comes_before_who_was_told() -> None:
    lines = story(
        incident(
            timeline=[event("incident_opened", cause="device_silent")],
            notifications=[message()],
            acknowledgements=[AcknowledgementOut(id=1, by="An", note="", acknowledged_at=AT)],
        ),
        {},
        EN,
    )
    assert [line.words for line in lines] == [
        "Incident opened: Devices went silent", "Told the commune officer", "An took it up",
    ]  # fmt: skip
