from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain import approval_limits, approvals
from shared.domain.access import POLICY, Role
from shared.domain.approvals import (
    HAND_OUT,
    MAY_DECIDE,
    MAY_REQUEST,
    Approval,
    Decision,
    Kind,
    Obstacle,
    Person,
    State,
    Window,
)

T0 = datetime(2026, 7, 1, tzinfo=UTC)
ASKER, OTHER = Person(1, "lan@example.vn"), Person(2, "minh@example.vn")


@dataclass
class Model:
    """The same, told step by step as a story: an hour passes, or somebody does something."""

    kind: Kind
    starts: int | None
    ends: int | None
    hour: int = 0
    state: State = State.REQUESTED
    until: int = 0

    def __post_init__(self) -> None:
        is_limited = self.ends is not None and self.kind is not Kind.CORRECTION
        self.until = min(7 * 24, self.ends or 0) if is_limited else 7 * 24
        self._settle()

    def pass_an_hour(self) -> None:
        self.hour += 1
        self._settle()

    def decide(self, decision: Decision) -> bool:
        if self.state is not State.REQUESTED:
            return False
        if decision is Decision.REFUSED:
            self.state = State.REFUSED
            return True
        if self.kind is Kind.NAMED_EXPORT:
            self.starts, self.ends = self.hour, self.hour + 24
        if self.kind is Kind.CORRECTION:
            self.starts, self.ends = self.hour, None
        self.state = State.APPROVED
        self._settle()
        return True

    def end(self, state: State) -> bool:
        if self.state not in {State.REQUESTED, State.APPROVED, State.IN_FORCE}:
            return False
        self.state = state
        return True

    def _settle(self) -> None:
        if self.state is State.REQUESTED and self.hour >= self.until:
            self.state = State.EXPIRED
        if self.state is State.APPROVED and self.starts is not None and self.hour >= self.starts:
            self.state = State.IN_FORCE
        if self.state is State.IN_FORCE and self.ends is not None and self.hour >= self.ends:
            self.state = State.OVER


def asked(kind: Kind, starts: int, length: int) -> tuple[Approval, Model]:
    window = Window(T0 + timedelta(hours=starts), T0 + timedelta(hours=starts + length))
    own = None if kind is Kind.NAMED_EXPORT else window
    until = approval_limits.expires_at(kind, own, now=T0)
    model = Model(kind, starts if own else None, starts + length if own else None)
    return Approval(kind, ASKER.user_id, T0, until, own), model


STEPS = st.lists(
    st.one_of(
        st.integers(1, 60),
        st.sampled_from(["approve", "refuse", "withdraw", "revoke"]),
    ),
    max_size=8,
)


@given(st.sampled_from(Kind), st.integers(-10, 200), st.integers(1, 48), STEPS)
def test_its_states_are_those_of_the_story(
    kind: Kind, starts: int, length: int, steps: list[int | str]
) -> None:
    approval, model = asked(kind, starts, length)
    for step in steps:
        now = T0 + timedelta(hours=model.hour)
        match step:
            case int(hours):
                for _ in range(hours):
                    model.pass_an_hour()
            case "approve" | "refuse":
                decision = Decision.APPROVED if step == "approve" else Decision.REFUSED
                may = approvals.why_not_decided(approval, ASKER, OTHER, now=now) is None
                assert model.decide(decision) == may
                if may:
                    approval = approvals.decided(approval, decision, OTHER.user_id, at=now)
            case _:
                by, then = (1, State.WITHDRAWN) if step == "withdraw" else (2, State.REVOKED)
                may = approvals.why_not_ended(approval, now=now) is None
                assert model.end(then) == may
                if may:
                    approval = approvals.ended(approval, by, at=now)
        assert approvals.state(approval, now=T0 + timedelta(hours=model.hour)) is model.state


def test_nobody_decides_on_their_own_request() -> None:
    approval, _ = asked(Kind.MUTE, 1, 2)
    assert approvals.why_not_decided(approval, ASKER, ASKER, now=T0) is Obstacle.OWN_REQUEST


@pytest.mark.parametrize(
    "other",
    [
        Person(2, "LAN@example.vn"),
        Person(2, "lan+department@example.vn"),
        Person(2, "lan.two@example.vn", frozenset({("https://id.gov.vn", "079")})),
    ],
)
def test_two_accounts_are_not_four_eyes(other: Person) -> None:
    asker = Person(1, "lan@example.vn", frozenset({("https://id.gov.vn", "079")}))
    approval, _ = asked(Kind.MUTE, 1, 2)
    assert approvals.why_not_decided(approval, asker, other, now=T0) is Obstacle.SAME_PERSON


def test_the_same_number_at_another_provider_is_somebody_else() -> None:
    one = Person(1, "lan@example.vn", frozenset({("https://id.gov.vn", "079")}))
    other = Person(2, "minh@example.vn", frozenset({("https://other.vn", "079")}))
    assert not approvals.is_same_person(one, other)


def test_an_export_is_for_the_one_who_asked_and_for_a_day() -> None:
    approval, _ = asked(Kind.NAMED_EXPORT, 1, 2)
    assert approvals.why_not_fetched(approval, 1, now=T0) is Obstacle.NOT_IN_FORCE
    approval = approvals.decided(approval, Decision.APPROVED, 2, at=T0)
    assert approvals.why_not_fetched(approval, 1, now=T0) is None
    assert approvals.why_not_fetched(approval, 2, now=T0) is Obstacle.NOT_THE_REQUESTER
    assert approvals.why_not_fetched(approval, 1, now=T0 + HAND_OUT) is Obstacle.NOT_IN_FORCE


@pytest.mark.parametrize("kind", Kind)
def test_no_role_of_a_facility_decides(kind: Kind) -> None:
    """T24: whoever is watched does not switch the watch off."""
    own = {Role.FACILITY_MANAGER, Role.CAREGIVER, Role.SOCIAL_WORKER, Role.SYS_ADMIN}
    assert {role for role, actions in POLICY.items() if MAY_DECIDE[kind] in actions} & own == set()
    assert MAY_REQUEST[kind] in POLICY[Role.FACILITY_MANAGER]


@given(st.sampled_from(Kind), st.integers(0, 50), st.integers(0, 50), st.integers(0, 120))
def test_what_was_known_then_knows_nothing_of_what_came_after(
    kind: Kind, decided: int, ended: int, then: int
) -> None:
    approval, _ = asked(kind, 60, 20)
    steps = [(T0, approval)]
    at = T0 + timedelta(hours=decided)
    steps.append((at, approvals.decided(steps[-1][1], Decision.APPROVED, 2, at=at)))
    at += timedelta(hours=ended)
    steps.append((at, approvals.ended(steps[-1][1], 2, at=at)))
    moment = T0 + timedelta(hours=then)
    known = [step for since, step in steps if since <= moment][-1]
    assert approvals.as_known(steps[-1][1], moment) == known
