"""What a dialect remembers of the devices it hears of: of so many, and no more."""

from typing import Any, Final

from shared.contracts.adapters.base import Memory

#: Devices behind one publisher; whoever invents names makes us forget, not grow.
MOST: Final = 2048


def remember(memory: Memory, key: str, value: Any) -> None:
    """Keep the value, and forget what was kept longest ago if there is too much."""
    memory.pop(key, None)
    if len(memory) >= MOST:
        del memory[next(iter(memory))]
    memory[key] = value
