from shared.contracts.adapters.base import Memory
from shared.contracts.adapters.recall import LONGEST, MOST, remember


def test_who_was_heard_last_is_remembered_best() -> None:
    memory: Memory = {}
    for number in range(MOST):
        remember(memory, str(number), number)
    remember(memory, "0", "again")
    remember(memory, "new", 1)
    assert len(memory) == MOST
    assert memory["0"] == "again"
    assert "1" not in memory


def test_a_name_without_end_is_not_remembered() -> None:
    memory: Memory = {}
    remember(memory, "x" * LONGEST, 1)
    remember(memory, "x" * (LONGEST + 1), 2)
    assert list(memory.values()) == [1]
