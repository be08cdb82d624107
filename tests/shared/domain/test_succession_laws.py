from dataclasses import replace
from datetime import date

import pytest

from shared.domain.jurisdiction import Change, Level, Order, Succession, Unit
from shared.domain.succession_laws import Wrong, faults_of_successions, faults_of_units

OLD, NEW = date(1991, 1, 1), date(2025, 7, 1)
PROVINCE = Unit(1, "P", Level.PROVINCE, None, OLD)
COMMUNE = Unit(2, "C", Level.COMMUNE, 1, OLD, NEW)
OTHER = Unit(3, "D", Level.COMMUNE, 1, OLD, NEW)
HEIR = Unit(4, "E", Level.COMMUNE, 1, NEW)
SECOND_HEIR = Unit(5, "F", Level.COMMUNE, 1, NEW)


def wrongs_of_units(*units: Unit) -> list[Wrong]:
    return [fault.wrong for fault in faults_of_units(Order({unit.id: unit for unit in units}))]


def wrongs(*successions: Succession) -> list[Wrong]:
    units = {unit.id: unit for unit in (PROVINCE, COMMUNE, OTHER, HEIR, SECOND_HEIR)}
    return [fault.wrong for fault in faults_of_successions(Order(units, successions))]


@pytest.mark.parametrize(
    ("unit", "wrong"),
    [
        (replace(HEIR, valid_to=NEW), Wrong.ENDS_BEFORE_IT_BEGINS),
        (replace(HEIR, parent_id=None), Wrong.NO_PARENT),
        (replace(HEIR, parent_id=2), Wrong.PARENT_IS_NOT_ABOVE),
        (replace(HEIR, level=Level.PROVINCE), Wrong.PARENT_IS_NOT_ABOVE),
        (replace(HEIR, valid_from=date(1900, 1, 1)), Wrong.OUTLIVES_ITS_PARENT),
        (replace(HEIR, code="C", valid_from=date(2025, 6, 30)), Wrong.CODE_TAKEN_THEN),
    ],
)
def test_a_unit_that_contradicts_itself_or_another_is_named(unit: Unit, wrong: Wrong) -> None:
    assert wrongs_of_units(PROVINCE, COMMUNE, unit) == [wrong]


def test_a_unit_may_not_outlast_what_it_is_part_of() -> None:
    ended = replace(PROVINCE, valid_to=NEW)
    assert wrongs_of_units(ended, replace(COMMUNE, valid_to=None)) == [Wrong.OUTLIVES_ITS_PARENT]
    assert wrongs_of_units(ended, COMMUNE) == []


def test_a_code_may_return_after_its_bearer_is_gone() -> None:
    assert wrongs_of_units(PROVINCE, COMMUNE, replace(HEIR, code="C")) == []


@pytest.mark.parametrize(
    ("successions", "expected"),
    [
        ([Succession(2, 4, Change.MERGE, NEW), Succession(3, 4, Change.MERGE, NEW)], []),
        ([Succession(2, 4, Change.SPLIT, NEW), Succession(2, 5, Change.SPLIT, NEW)], []),
        ([Succession(2, 4, Change.RENAME, NEW)], []),
        ([Succession(2, None, Change.ABOLISH, NEW)], []),
        ([Succession(2, 4, Change.MERGE, OLD)], [Wrong.DOES_NOT_END_THEN]),
        ([Succession(4, 5, Change.MERGE, NEW)], [Wrong.DOES_NOT_END_THEN]),
        ([Succession(2, 2, Change.MERGE, NEW)], [Wrong.SUCCEEDS_ITSELF]),
        ([Succession(2, 1, Change.MERGE, NEW)], [Wrong.SUCCESSOR_OF_OTHER_LEVEL]),
        ([Succession(2, 3, Change.MERGE, NEW)], [Wrong.SUCCESSOR_NOT_THERE_THEN]),
        ([Succession(2, 4, Change.SPLIT, NEW)], [Wrong.KIND_DOES_NOT_FIT]),
        (
            [Succession(2, 4, Change.MERGE, NEW), Succession(2, 5, Change.MERGE, NEW)],
            [Wrong.KIND_DOES_NOT_FIT, Wrong.KIND_DOES_NOT_FIT],
        ),
        (
            [Succession(2, 4, Change.RENAME, NEW), Succession(3, 4, Change.RENAME, NEW)],
            [Wrong.KIND_DOES_NOT_FIT, Wrong.KIND_DOES_NOT_FIT],
        ),
        (
            [Succession(2, None, Change.ABOLISH, NEW), Succession(2, 4, Change.MERGE, NEW)],
            [Wrong.KIND_DOES_NOT_FIT, Wrong.KIND_DOES_NOT_FIT],
        ),
    ],
)
def test_a_succession_fits_the_units_it_joins(
    successions: list[Succession], expected: list[Wrong]
) -> None:
    assert wrongs(*successions) == expected
