from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.access import NEEDS_SECOND_FACTOR, Role
from shared.domain.assurance import (
    FRESH,
    Assurance,
    Standing,
    is_fresh,
    needs_second_factor,
    standing,
)

NOW = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize("needs_factor", [False, True])
@pytest.mark.parametrize("has_factor", [False, True])
def test_two_factors_open_everything(*, has_factor: bool, needs_factor: bool) -> None:
    told = standing(Assurance.TWO_FACTORS, has_factor=has_factor, needs_factor=needs_factor)
    assert told is Standing.FULL


@pytest.mark.parametrize("needs_factor", [False, True])
def test_who_has_a_factor_must_show_it_whatever_their_roles(*, needs_factor: bool) -> None:
    told = standing(Assurance.PASSPHRASE, has_factor=True, needs_factor=needs_factor)
    assert told is Standing.MUST_PROVE


def test_without_a_factor_the_roles_decide() -> None:
    assert [
        standing(Assurance.PASSPHRASE, has_factor=False, needs_factor=needs)
        for needs in (True, False)
    ] == [Standing.MUST_ENROL, Standing.FULL]


def test_one_role_that_needs_it_is_enough() -> None:
    assert {role for role in Role if needs_second_factor([Role.CAREGIVER, role])} == set(
        NEEDS_SECOND_FACTOR
    )
    assert not needs_second_factor([])


def test_a_proof_is_fresh_for_ten_minutes() -> None:
    assert is_fresh(NOW - FRESH + timedelta(seconds=1), now=NOW)
    assert not is_fresh(NOW - FRESH, now=NOW)
    assert not is_fresh(None, now=NOW)
