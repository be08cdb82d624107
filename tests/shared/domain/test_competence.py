from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.competence import (
    Authority,
    AuthorityKind,
    Competence,
    Ending,
    Resting,
    SubjectMatter,
    competent,
    endings,
    review_due,
)

CHANGE, END = date(2025, 7, 1), date(2027, 3, 1)
REVIEW = date(2026, 12, 1)
LICENSE = SubjectMatter.LICENSE_FACILITY
COMMUNE, DISTRICT, PROVINCE = 3, 2, 1
OFFICE, DEPARTMENT, MINISTRY = 10, 11, 12
AUTHORITIES = {
    OFFICE: Authority(OFFICE, AuthorityKind.LABOUR, DISTRICT, date(2008, 1, 1), CHANGE),
    DEPARTMENT: Authority(DEPARTMENT, AuthorityKind.HEALTH, PROVINCE, date(2025, 3, 1)),
    MINISTRY: Authority(MINISTRY, AuthorityKind.MINISTRY, None, date(2008, 1, 1)),
}
COMPETENCES = (
    Competence(OFFICE, LICENSE, date(2017, 11, 1)),
    Competence(DEPARTMENT, LICENSE, CHANGE, END, REVIEW),
    Competence(MINISTRY, LICENSE, END),
)


def who(day: date) -> tuple[int, ...]:
    return competent(LICENSE, (COMMUNE, DISTRICT, PROVINCE), AUTHORITIES, COMPETENCES, day=day)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2016, 1, 1), ()),
        (date(2024, 5, 1), (OFFICE,)),
        (CHANGE - timedelta(days=1), (OFFICE,)),
        (CHANGE, (DEPARTMENT,)),
        (END - timedelta(days=1), (DEPARTMENT,)),
        (END, (MINISTRY,)),
    ],
)
def test_the_nearest_authority_of_the_day_decides(day: date, expected: tuple[int, ...]) -> None:
    assert who(day) == expected


def test_a_competence_ends_with_its_authority() -> None:
    assert who(CHANGE) != (OFFICE,)


@pytest.mark.parametrize(
    ("day", "due"),
    [
        (REVIEW - timedelta(days=1), None),
        (REVIEW, REVIEW),
        (END - timedelta(days=31), REVIEW),
        (END - timedelta(days=30), END - timedelta(days=30)),
        (END - timedelta(days=1), END - timedelta(days=7)),
        (END, END),
        (END + timedelta(days=29), END),
        (END + timedelta(days=30), None),
    ],
)
def test_a_competence_that_will_end_is_asked_about_in_time(day: date, due: date | None) -> None:
    assert review_due(COMPETENCES[1], today=day) == due


def test_what_holds_without_end_is_asked_about_only_when_somebody_said_so() -> None:
    assert review_due(COMPETENCES[0], today=date(2040, 1, 1)) is None


DAYS = st.integers(0, 20).map(lambda n: date(2025, 1, 1) + timedelta(days=n))
ENDS = st.none() | DAYS


@given(ENDS, ENDS, DAYS)
def test_a_role_ends_with_whatever_it_rests_on_first(
    unit_end: date | None, authority_end: date | None, today: date
) -> None:
    found = endings(
        [Resting(1, 5, 6), Resting(2, None, None), Resting(3, 5, None), Resting(4, None, 6)],
        unit_ends={5: unit_end},
        authority_ends={6: authority_end},
        today=today,
    )
    unit_over = unit_end is not None and unit_end <= today
    authority_over = authority_end is not None and authority_end <= today
    assert (1 in found) == (unit_over or authority_over)
    assert 2 not in found
    assert found.get(3) == (Ending.UNIT_ENDED if unit_over else None)
    assert found.get(4) == (Ending.AUTHORITY_ENDED if authority_over else None)
