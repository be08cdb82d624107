"""Runs one target in a process of its own, and says what came of it."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.fuzz import gauge

ROOT: Final = Path(__file__).parents[2]
#: A process may grow by this much after it is warm: what the fuzzer itself remembers included.
MOST_GROWTH_MB: Final = 400.0
#: Starting, and finishing the last input, may take so long on a busy machine.
_PATIENCE_S: Final = 120

_COVERAGE: Final = re.compile(r"cov: (\d+) ft: (\d+) corp: (\d+)")


@dataclass(frozen=True, slots=True)
class Asked:
    """Which target, and for how long; or which inputs to try again."""

    target: str
    seconds: int
    seed: int
    again: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one target. `features` and `kept`: what libFuzzer saw as new, and the inputs for it."""

    target: str
    inputs: int
    slowest_ms: float
    growth_mb: float
    features: int
    kept: int
    why: str
    failure: str

    @property
    def is_good(self) -> bool:
        return not self.why


def fuzz(asked: Asked, folder: Path) -> Outcome:
    """Fuzz one target; what made it fail is left in `folder`."""
    shutil.rmtree(folder / "corpus", ignore_errors=True)
    for former in ("figures", "failure", "log"):
        (folder / former).unlink(missing_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    code = _run(asked, folder)
    inputs, slowest_ms, growth_mb = gauge.read(folder / "figures")
    _, features, kept = _coverage(folder / "log")
    failure = folder / "failure"
    return Outcome(
        asked.target,
        inputs,
        slowest_ms,
        growth_mb,
        features,
        kept,
        _why(code, inputs, growth_mb, folder),
        failure.read_text() if failure.exists() else "",
    )


def line(outcome: Outcome) -> str:
    return (
        f"{outcome.target:12} inputs={outcome.inputs:<9} slowest_ms={outcome.slowest_ms:<7.1f}"
        f"rss_growth_mb={outcome.growth_mb:<7.1f}features={outcome.features:<7}"
        f"corpus={outcome.kept:<6}{'ok' if outcome.is_good else 'FAILED'}"
    )


def _run(asked: Asked, folder: Path) -> int | None:
    """The exit code; none if it did not end by itself."""
    command = [
        sys.executable, "-m", "tests.fuzz.child", asked.target, f"--seconds={asked.seconds}",
        f"--seed={asked.seed}", f"--folder={folder}",
        *(f"--again={file}" for file in asked.again),
    ]  # fmt: skip
    environ = os.environ | {"RUST_BACKTRACE": "0"}
    with (folder / "log").open("wb") as log:
        try:
            return subprocess.run(
                command, cwd=ROOT, env=environ, stdout=log, stderr=log, check=False,
                timeout=asked.seconds + _PATIENCE_S,
            ).returncode  # fmt: skip
        except subprocess.TimeoutExpired:
            return None


def _why(code: int | None, inputs: int, growth_mb: float, folder: Path) -> str:
    """What is wrong, if anything is."""
    if code is None:
        return "did not end"
    if code != 0:
        return f"ended with {code}, see {folder}"
    if inputs == 0:
        return "tried nothing"
    return f"grew by {growth_mb:.0f} MB" if growth_mb > MOST_GROWTH_MB else ""


def _coverage(log: Path) -> tuple[int, int, int]:
    found = _COVERAGE.findall(log.read_text(errors="replace"))
    edges, features, kept = found[-1] if found else (0, 0, 0)
    return int(edges), int(features), int(kept)
