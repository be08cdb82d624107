from datetime import date, timedelta
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.facility_status import (
    Fact,
    FactKind,
    IllegalFactError,
    LicenceState,
    Span,
    Standing,
    Status,
    ordered,
    standing_on,
    timeline,
)

DAY_ONE = date(2026, 1, 1)
K, S = FactKind, Status


def on(day: int) -> date:
    return DAY_ONE + timedelta(days=day)


def fact(kind: FactKind, day: int, *, to: int | None = None, number: int = 0) -> Fact:
    return Fact(kind, on(day), number, None if to is None else on(to))


def statuses(facts: list[Fact], days: range) -> list[Status]:
    spans = timeline(facts)
    return [standing_on(spans, on(day)).status for day in days]


# The naive model: a diary, lived through one day after the other, in words of its own.
ORDER = {kind: place for place, kind in enumerate(FactKind)}


class Diary:
    """A facility's papers in a drawer."""

    RANKED: ClassVar = {
        "dissolved": S.DISSOLVED,
        "stop": S.SUSPENDED,
        "revocation": S.LICENCE_REVOKED,
        "licence": S.LICENSED,
        "registration": S.REGISTERED,
        "found": S.DISCOVERED_UNREGISTERED,
    }
    #: What goes into the drawer, and what is thrown away.
    WRITTEN: ClassVar = {
        K.DISCOVERED: ("found", ""),
        K.REGISTRATION: ("registration", ""),
        K.ESTABLISHMENT: ("registration", ""),
        K.LICENCE_ISSUED: ("licence", "revocation remedy"),
        K.LICENCE_AMENDED: ("licence", ""),
        K.REMEDY_ORDERED: ("remedy", ""),
        K.REMEDY_ACCEPTED: ("", "remedy"),
        K.SUSPENDED: ("stop", ""),
        K.SUSPENSION_LIFTED: ("", "stop"),
        K.LICENCE_REVOKED: ("revocation", "licence remedy stop"),
        K.DISSOLVED: ("dissolved", ""),
    }

    def __init__(self) -> None:
        self.drawer: set[str] = set()
        self.licence_ends: date | None = None

    def status(self) -> Status:
        on_top = next((s for paper, s in self.RANKED.items() if paper in self.drawer), None)
        if on_top is S.LICENSED and "remedy" in self.drawer:
            return S.CONDITIONAL
        return on_top or S.UNDOCUMENTED

    def morning(self, day: date) -> None:
        if self.licence_ends is not None and self.licence_ends <= day:
            self.drawer.discard("licence")

    def may(self, kind: FactKind) -> bool:
        has = self.drawer
        operates = "licence" in has and "stop" not in has
        papers = {"registration", "revocation"} & has
        needs = {
            K.DISCOVERED: not has,
            K.LICENCE_ISSUED: "stop" not in has and bool(papers),
            K.LICENCE_AMENDED: operates,
            K.REMEDY_ORDERED: operates,
            K.REMEDY_ACCEPTED: operates and "remedy" in has,
            K.LICENCE_REVOKED: "licence" in has,
            K.SUSPENSION_LIFTED: "stop" in has,
        }
        return "dissolved" not in has and needs.get(kind, True)

    def write(self, one: Fact) -> None:
        kept, thrown = self.WRITTEN[one.kind]
        self.drawer = (self.drawer - set(thrown.split())) | set(kept.split())
        if one.kind is K.LICENCE_ISSUED:
            self.licence_ends = one.valid_to
        if one.kind is K.LICENCE_AMENDED:
            self.licence_ends = one.valid_to or self.licence_ends
        self.morning(one.effective_on)


def lived(facts: list[Fact], days: range) -> list[Status] | None:
    """What a diary says on each day; None if a page of it cannot be written."""
    diary, told = Diary(), []
    for day in days:
        diary.morning(on(day))
        todays = [one for one in facts if one.effective_on == on(day)]
        for one in sorted(todays, key=lambda one: (ORDER[one.kind], one.number)):
            if not diary.may(one.kind):
                return None
            diary.write(one)
        told.append(diary.status())
    return told


DAYS = range(30)
any_facts = st.lists(
    st.builds(
        fact,
        st.sampled_from(FactKind),
        st.integers(0, 20),
        to=st.none() | st.integers(0, 29),
        number=st.integers(0, 3),
    ),
    max_size=6,
)


@st.composite
def legal_facts(draw: st.DrawFn) -> list[Fact]:
    """A history that can have been, in the order in which it was."""
    facts: list[Fact] = []
    day = 0
    for number in range(draw(st.integers(1, 10))):
        day += draw(st.integers(0, 4))
        standing = standing_on(timeline(facts), on(min(day, 20)))
        kinds = [
            kind for kind in FactKind if _is_legal([*facts, Fact(kind, on(min(day, 20)), number)])
        ]
        if not kinds or standing.is_dissolved:
            break
        kind = draw(st.sampled_from(kinds))
        ends = draw(st.none() | st.integers(min(day, 20) + 1, 29))
        is_licence = kind in {K.LICENCE_ISSUED, K.LICENCE_AMENDED}
        one = Fact(kind, on(min(day, 20)), number, on(ends) if is_licence and ends else None)
        if _is_legal([*facts, one]):
            facts.append(one)
    return facts


def _is_legal(facts: list[Fact]) -> bool:
    try:
        timeline(facts)
    except IllegalFactError:
        return False
    return True


@given(any_facts)
def test_any_facts_are_refused_exactly_where_a_diary_could_not_be_written(
    facts: list[Fact],
) -> None:
    assert _is_legal(facts) == (lived(facts, DAYS) is not None)


@given(legal_facts())
def test_every_day_reads_as_in_a_diary_kept_day_by_day(facts: list[Fact]) -> None:
    assert statuses(facts, DAYS) == lived(facts, DAYS)


@given(legal_facts(), st.randoms(use_true_random=False))
def test_the_order_of_entry_changes_nothing(facts: list[Fact], random: object) -> None:
    shuffled = list(facts)
    random.shuffle(shuffled)  # type: ignore[attr-defined] # hypothesis gives a Random
    assert timeline(shuffled) == timeline(facts)


@given(legal_facts())
def test_spans_follow_one_another_without_hole_or_overlap(facts: list[Fact]) -> None:
    spans = timeline(facts)
    assert [span.to_on for span in spans[:-1]] == [span.from_on for span in spans[1:]]
    assert all(span.to_on is None or span.from_on < span.to_on for span in spans)
    assert not spans or spans[-1].to_on is None


def test_a_facility_found_without_papers_gets_them_and_operates() -> None:
    facts = [
        fact(K.DISCOVERED, 1),
        fact(K.REGISTRATION, 3),
        fact(K.LICENCE_ISSUED, 5, to=8),
    ]
    assert statuses(facts, range(10)) == [
        S.UNDOCUMENTED,
        S.DISCOVERED_UNREGISTERED, S.DISCOVERED_UNREGISTERED,
        S.REGISTERED, S.REGISTERED,
        S.LICENSED, S.LICENSED, S.LICENSED,
        S.REGISTERED, S.REGISTERED,
    ]  # fmt: skip
    assert standing_on(timeline(facts), on(8)).licence is LicenceState.EXPIRED


def test_a_suspension_lifted_after_the_licence_ended_leads_back_to_the_registration() -> None:
    facts = [
        fact(K.ESTABLISHMENT, 0),
        fact(K.LICENCE_ISSUED, 1, to=5),
        fact(K.SUSPENDED, 3),
        fact(K.SUSPENSION_LIFTED, 7),
    ]
    assert statuses(facts, range(9)) == [
        S.REGISTERED, S.LICENSED, S.LICENSED,
        S.SUSPENDED, S.SUSPENDED, S.SUSPENDED, S.SUSPENDED,
        S.REGISTERED, S.REGISTERED,
    ]  # fmt: skip


def test_a_facility_operating_without_any_paper_can_be_suspended() -> None:
    facts = [fact(K.DISCOVERED, 0), fact(K.SUSPENDED, 1), fact(K.SUSPENSION_LIFTED, 2)]
    assert statuses(facts, range(3)) == [
        S.DISCOVERED_UNREGISTERED, S.SUSPENDED, S.DISCOVERED_UNREGISTERED,
    ]  # fmt: skip


def test_a_fact_entered_late_falls_into_its_day() -> None:
    early = [fact(K.REGISTRATION, 0, number=1), fact(K.LICENCE_ISSUED, 1, number=2)]
    late = [*early, fact(K.REMEDY_ACCEPTED, 6, number=3), fact(K.REMEDY_ORDERED, 4, number=9)]
    assert statuses(late, range(8))[3:] == [
        S.LICENSED, S.CONDITIONAL, S.CONDITIONAL, S.LICENSED, S.LICENSED,
    ]  # fmt: skip


def test_papers_of_one_day_are_read_in_the_order_of_the_law() -> None:
    same_day = [fact(K.LICENCE_ISSUED, 2, number=1), fact(K.REGISTRATION, 2, number=2)]
    assert [one.kind for one in ordered(same_day)] == [K.REGISTRATION, K.LICENCE_ISSUED]
    assert statuses(same_day, range(2, 3)) == [S.LICENSED]


@pytest.mark.parametrize(
    ("facts", "refused", "while_"),
    [
        ([fact(K.LICENCE_ISSUED, 1)], K.LICENCE_ISSUED, S.UNDOCUMENTED),
        ([fact(K.REGISTRATION, 5), fact(K.LICENCE_ISSUED, 1)], K.LICENCE_ISSUED, S.UNDOCUMENTED),
        ([fact(K.REGISTRATION, 0), fact(K.LICENCE_REVOKED, 1)], K.LICENCE_REVOKED, S.REGISTERED),
        ([fact(K.DISSOLVED, 0), fact(K.REGISTRATION, 1)], K.REGISTRATION, S.DISSOLVED),
        ([fact(K.DISCOVERED, 0), fact(K.SUSPENDED, 0), fact(K.LICENCE_REVOKED, 1)],
         K.LICENCE_REVOKED, S.SUSPENDED),
    ],
)  # fmt: skip
def test_what_cannot_have_been_is_refused_with_what_could(
    facts: list[Fact], refused: FactKind, while_: Status
) -> None:
    with pytest.raises(IllegalFactError) as refusal:
        timeline(facts)
    assert (refusal.value.fact.kind, refusal.value.status) == (refused, while_)
    assert refused not in refusal.value.possible


def test_a_revocation_ends_a_suspension() -> None:
    facts = [
        fact(K.REGISTRATION, 0),
        fact(K.LICENCE_ISSUED, 0),
        fact(K.SUSPENDED, 1),
        fact(K.LICENCE_REVOKED, 2),
        fact(K.LICENCE_ISSUED, 4),
    ]
    assert statuses(facts, range(5)) == [
        S.LICENSED, S.SUSPENDED, S.LICENCE_REVOKED, S.LICENCE_REVOKED, S.LICENSED,
    ]  # fmt: skip


def test_nothing_on_record_says_nothing() -> None:
    assert timeline([]) == []
    assert standing_on([], on(0)) == Standing()
    assert standing_on([Span(on(1), None, Standing(is_registered=True))], on(0)) == Standing()
