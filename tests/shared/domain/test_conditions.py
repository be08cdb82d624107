from shared.domain.conditions import Finding, OperatingCondition, Outcome, outcome

ALL_MET = dict.fromkeys(OperatingCondition, Finding.MET)


def test_one_condition_not_met_decides() -> None:
    found = {**ALL_MET, OperatingCondition.FIRE_SAFETY: Finding.NOT_MET}
    assert outcome(found) is Outcome.DOES_NOT_MEET
    assert outcome({OperatingCondition.FIRE_SAFETY: Finding.NOT_MET}) is Outcome.DOES_NOT_MEET


def test_what_does_not_apply_is_no_fault() -> None:
    found = {**ALL_MET, OperatingCondition.WATER_BODIES_FENCED: Finding.NOT_APPLICABLE}
    assert outcome(found) is Outcome.MEETS


def test_a_check_that_left_something_out_proves_nothing() -> None:
    found = dict(ALL_MET)
    del found[OperatingCondition.HEAD_QUALIFIED]
    assert outcome(found) is Outcome.INCOMPLETE
    assert outcome({}) is Outcome.INCOMPLETE
