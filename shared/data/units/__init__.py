"""The reorganisation of 2025 as far as it concerns Kon Tum and Quảng Ngãi; see README.md."""

from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent
#: In the order in which they build on one another.
FILES: Final = ("units.csv", "successions.csv", "authorities.csv", "competences.csv")


def shipped() -> dict[str, str]:
    """The text of each file, by its name."""
    return {name: (FOLDER / name).read_text(encoding="utf-8") for name in FILES}
