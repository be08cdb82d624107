"""What a dialect remembers of the devices it hears of: of so many, and no more."""

from typing import Any, Final

from shared.contracts.adapters.base import Memory

#: Devices behind one publisher; whoever invents names makes us forget, not grow.
MOST: Final = 2048
#: A topic may have 65,535 bytes, and a payload more; no real name is longer than this.
LONGEST: Final = 512


def remember(memory: Memory, key: str, value: Any) -> None:
    """Keep the value, and forget what was kept longest ago if there is too much."""
    memory.pop(key, None)
    if len(key) > LONGEST:
        return
    if len(memory) >= MOST:
        del memory[next(iter(memory))]
    memory[key] = value
