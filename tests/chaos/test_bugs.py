import subprocess
import sys
from pathlib import Path

from tests.chaos.bugs import BUGS
from tests.chaos.controls import BROKER_TRUSTED, CONTROLS


def test_every_bug_has_a_sign_by_which_it_is_found() -> None:
    assert {*BUGS, BROKER_TRUSTED} == set(CONTROLS)


def test_every_bug_can_still_be_planted() -> None:
    """In a process of its own, for it would stay here."""
    plant_all = (
        "from services.ingest.worker import Worker; from tests.chaos.bugs import BUGS; "
        "[plant(Worker) for plant in BUGS.values()]"
    )
    subprocess.run([sys.executable, "-c", plant_all], cwd=Path(__file__).parents[2], check=True)
