import subprocess
import sys
from pathlib import Path

from tests.fuzz import run
from tests.fuzz.run import Asked


def test_what_raises_is_found_and_can_be_tried_again(tmp_path: Path) -> None:
    outcome = run.fuzz(Asked("raises", seconds=20, seed=1), tmp_path)
    assert not outcome.is_good
    assert "KeyError" in outcome.failure
    (crash,) = map(str, tmp_path.glob("crash-*"))
    assert "KeyError" in run.fuzz(Asked("raises", 0, 1, again=(crash,)), tmp_path).failure


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
