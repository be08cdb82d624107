import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz import run
from tests.fuzz.run import Asked


@pytest.mark.parametrize(
    ("planted", "told"), [("raises", "KeyError"), ("lingers", "took"), ("hoards", "grew by")]
)
def test_what_raises_lingers_or_hoards_is_found(planted: str, told: str, tmp_path: Path) -> None:
    outcome = run.fuzz(Asked(planted, seconds=20, seed=1), tmp_path)
    assert not outcome.is_good
    assert told in outcome.failure


def test_what_failed_can_be_tried_again(tmp_path: Path) -> None:
    bad = tmp_path / "bad"
    bad.write_bytes(b"12345")
    assert "KeyError" in run.fuzz(Asked("raises", 0, 1, again=(str(bad),)), tmp_path).failure
    bad.write_bytes(b"1234")
    assert run.fuzz(Asked("raises", 0, 1, again=(str(bad),)), tmp_path).is_good


def test_pictures_are_decoded_and_judged_whatever_they_are(tmp_path: Path) -> None:
    """Ends with one line of figures, as every run does."""
    ended = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", "pictures", "--seconds", "1", "--seed", "1",
         "--folder", tmp_path], cwd=run.ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout
    last = dict(pair.split("=") for pair in ended.stdout.splitlines()[-1].split())
    assert list(last) == ["inputs", "crashes", "slowest_ms", "rss_growth_mb"]
    assert int(last["inputs"]) > 20
    assert int(last["crashes"]) == 0
