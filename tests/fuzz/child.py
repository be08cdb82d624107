"""One target under libFuzzer, in a process that may die: `python -m tests.fuzz.child TARGET …`."""

import argparse
import importlib
import os
import resource
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from random import Random

import atheris  # type: ignore[import-untyped] # it ships no types

from tests.fuzz.gauge import Gauge
from tests.fuzz.mutation import mutated

#: Beyond this the process gets no more memory, and dies by it.
MOST_MEMORY = 3 << 30
#: Of a stream of messages, in bytes; repetition makes longer ones of it.
LONGEST_INPUT = 8_192
_SECONDS_OF_ONE = 20


def main() -> None:
    """Never returns: libFuzzer ends the process."""
    parser = argparse.ArgumentParser(prog="tests.fuzz.child", description=__doc__)
    parser.add_argument("target")
    parser.add_argument("--seconds", type=int, default=0, help="0: only the files given")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--again", action="append", default=[], metavar="FILE")
    asked = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    # What the codec and the garbage collector cannot raise is none of the target's.
    sys.unraisablehook = lambda _: None
    seeds, one = _target(asked.target)
    folder: Path = asked.folder
    measured = _telling(Gauge(folder / "figures", one), folder / "failure")
    options = _options(asked, folder, seeds)
    atheris.Setup([sys.argv[0], *options], measured, custom_mutator=_mutate)
    atheris.Fuzz()


def _target(name: str) -> tuple[Callable[[], list[bytes]], Callable[[bytes], None]]:
    """With all code of ours instrumented: which lines an input reaches guides what comes next."""
    with atheris.instrument_imports(include=["shared", "services"]):
        target = importlib.import_module("tests.fuzz.catalogue").target(name)
    return target.seeds, target.one


def _telling(one: Callable[[bytes], None], path: Path) -> Callable[[bytes], None]:
    """The same, but why it failed is written down before the process ends."""

    def call(data: bytes) -> None:
        try:
            one(data)
        except BaseException:
            path.write_text(traceback.format_exc())
            raise

    return call


def _mutate(data: bytes, max_size: int, seed: int) -> bytes:
    """As libFuzzer changes bytes, or as one who knows messages does."""
    random = Random(seed)  # noqa: S311 - so that a run can be repeated
    if random.random() < 0.4:
        return bytes(atheris.Mutate(data, max_size))
    for _ in range(random.randrange(1, 4)):
        data = mutated(data, random)
    return data[:max_size]


def _options(
    asked: argparse.Namespace, folder: Path, seeds: Callable[[], list[bytes]]
) -> list[str]:
    common = [f"-timeout={_SECONDS_OF_ONE}", "-rss_limit_mb=0", f"-artifact_prefix={folder}/"]
    if asked.again:
        return [*common, *asked.again]
    corpus = folder / "corpus"
    corpus.mkdir(exist_ok=True)
    for number, seed in enumerate(seeds()):
        (corpus / f"seed-{number}").write_bytes(seed)
    return [
        *common, f"-max_total_time={asked.seconds}", f"-seed={asked.seed or 1}",
        f"-max_len={LONGEST_INPUT}", "-close_fd_mask=3", "-print_final_stats=1", "-reload=0",
        str(corpus),
    ]  # fmt: skip


if __name__ == "__main__":
    os.environ["OPENCV_LOG_LEVEL"] = "OFF"
    main()
