from tests.policy.mutants import all_mutants, killer_of


def test_hardly_a_slip_in_the_policy_goes_unnoticed() -> None:
    mutants = list(all_mutants())
    living = [mutant.name for mutant in mutants if killer_of(mutant) is None]
    assert len(mutants) > 1000
    assert len(living) <= 0.05 * len(mutants), living
    # Whatever somebody may do, hold or give: each single cell is written down twice.
    assert [name for name in living if not name.startswith("line ")] == []
