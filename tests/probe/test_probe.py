"""A sample of the probe in every test run, and that it would see a leak."""

import pytest

from shared.domain.access import Role
from tests.probe.cast import Actor
from tests.probe.fill import World
from tests.probe.questions import Question
from tests.probe.run import Choice, both
from tests.probe.verdict import Answer, leak_in

HOME, OTHER = World(0, "qz0kx-home", 1, 10), World(1, "qz1kx-home", 2, 10)
MANAGER = Actor("a manager", Role.FACILITY_MANAGER, {}, frozenset({0}))
HOME_AFFAIRS = Actor("home affairs", Role.HOME_AFFAIRS, {}, frozenset({0, 1}))
FOREIGN = Question(
    "read_zone", "get", "/facilities/qz1kx-home/zones/z", "path", 1, twin=("/…/absent-9", {}, None)
)
OWN_LIST = Question("list_zones", "get", "/zones", "list", 0)
NOTHING = Answer(404, '{"detail": "There is no such zone.", "trace_id": "a"}')


def why(actor: Actor, question: Question, answer: Answer, twin: Answer | None = NOTHING) -> str:
    leak = leak_in(actor, question, answer, twin, (HOME, OTHER))
    return leak.why if leak else ""


@pytest.mark.timeout(300)
def test_nobody_is_told_what_is_not_theirs() -> None:
    whole, rows_only, _ = both(Choice(one_in=60))
    assert (whole.leaks, whole.broken) == ([], {})
    assert rows_only.leaks == []
    assert whole.probes > 200
    assert len(whole.welcomed) > 20


def test_text_of_another_world_is_a_leak() -> None:
    told = Answer(200, '{"items": [{"name": "qz1kx-zone-name"}]}')
    assert "text of world 1, zone" in why(MANAGER, OWN_LIST, told, None)
    own = Answer(200, '{"items": [{"name": "qz0kx-zone-name"}]}')
    assert why(MANAGER, OWN_LIST, own, None) == ""


def test_text_that_ones_role_may_not_read_is_a_leak_at_home_too() -> None:
    told = Answer(200, '{"name": "qz0kx-zone-name"}')
    assert "zone" in why(HOME_AFFAIRS, OWN_LIST, told, None)


def test_what_the_asker_sent_is_no_news() -> None:
    echoed = Answer(404, '{"detail": "There is no such zone.", "instance": "/qz1kx-home/zones/z"}')
    assert why(MANAGER, FOREIGN, echoed) == ""


def test_a_deed_done_to_others_is_a_leak() -> None:
    assert why(MANAGER, FOREIGN, Answer(204, ""))


@pytest.mark.parametrize(
    "answer",
    [
        Answer(403, '{"detail": "There is no such zone.", "trace_id": "b"}'),
        Answer(404, '{"detail": "There is such a zone, but it is not yours.", "trace_id": "b"}'),
    ],
)
def test_an_existing_thing_that_looks_unlike_none_is_a_leak(answer: Answer) -> None:
    assert why(MANAGER, FOREIGN, answer)
