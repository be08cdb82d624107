"""Where a foreign program's topics begin, from whatever somebody writes for it."""

from typing import Final

from shared.contracts import topics

_ALL_BELOW: Final = "#"


def levels_of(text: object) -> object:
    """`/frigate/#` is `frigate`; of a full topic of ours, what follows the publisher's own.

    What is no text is left to the check behind this one. Raises ValueError.
    """
    if not isinstance(text, str):
        return text
    levels = [level.strip() for level in text.strip().strip("/").split("/")]
    if levels[-1] == _ALL_BELOW:
        levels.pop()
    root = topics.ROOT.split("/")
    if levels[: len(root)] == root:
        levels = levels[len(root) + 2 :]
    if any(char in level for level in levels for char in "+#"):
        raise ValueError("it holds a wildcard; name the levels themselves")
    if "" in levels and levels != [""]:
        raise ValueError("it holds an empty level (two slashes in a row)")
    return "/".join(levels)
