"""What single steps cost: a signature, a frame, a message of each foreign dialect."""

import statistics
import time
from collections.abc import Callable
from typing import Final

import cv2

from services.ingest.frames.eye import Eye
from services.ingest.frames.wire import Picture
from shared.contracts import signing
from shared.contracts.adapters.base import Memory
from shared.contracts.adapters.rules import Dialect, Rule, RuleBook
from shared.runtime import ed25519
from shared.vision.scene import Scene
from tests.bench.ingest.golden import GOLDEN
from tests.shared.contracts.adapters.test_sparkplug import HEARD_US

ROUNDS: Final = 5
VERIFICATIONS: Final = 2_000
MESSAGES: Final = 2_000
FRAMES: Final = 60
#: By then a camera's view is learned, and every check runs.
LEARNING_FRAMES: Final = 30


def measure() -> dict[str, float]:
    per_frame_us = _frame_us()
    return {
        "ingest.verify_us": _verify_us(),
        "ingest.frame_us": per_frame_us,
        "ingest.frames_per_s": 1e6 / per_frame_us,
        **{f"ingest.adapter_{dialect}_us": _dialect_us(dialect) for dialect in Dialect},
    }


def _median_us(step: Callable[[], None], times: int) -> float:
    """CPU microseconds for one of `times`, the median of some rounds."""
    costs = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(times):
            step()
        costs.append((time.process_time() - began) / times * 1e6)
    return statistics.median(costs)


def _verify_us() -> float:
    key = ed25519.SigningKey.new()
    claim = signing.Signed("F00001", "D000001", "0123456789abcdef", 1, 0, 1_000, "ok", "a" * 32)
    message = signing.canonical(claim)
    signature = key.sign(message)

    def verify() -> None:
        if not ed25519.verify(key.public_key, signature, signing.canonical(claim)):
            raise SystemExit("a good signature was refused: the figures mean nothing")

    if ed25519.verify(key.public_key, signature, message + b"!"):
        raise SystemExit("a bad signature was taken: the figures mean nothing")
    return _median_us(verify, VERIFICATIONS)


def _frame_us() -> float:
    """Decoded and judged, a JPEG of 640 by 360, in the process that looks at pictures."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    eye, scene = Eye(), Scene(1)
    pictures = [
        Picture(1, float(second), cv2.imencode(".jpg", scene.frame(float(second)))[1].tobytes())
        for second in range(LEARNING_FRAMES + ROUNDS * FRAMES)
    ]
    for picture in pictures[:LEARNING_FRAMES]:
        eye.look(picture)
    left = iter(pictures[LEARNING_FRAMES:])

    def look() -> None:
        if eye.look(next(left)).state is None:
            raise SystemExit("a good picture was not judged: the figures mean nothing")

    try:
        return _median_us(look, FRAMES)
    finally:
        cv2.setNumThreads(threads)


def _dialect_us(dialect: Dialect) -> float:
    """A message understood by the rules of its publisher, over all golden ones."""
    rules = RuleBook([Rule(dialect, "site", "*", "DEV-1")])
    told = [(f"site/{topic}", payload) for topic, payload in GOLDEN[dialect]]
    memory: Memory = {}
    stated: list[int] = []

    def understand() -> None:
        stated.clear()
        for topic, payload in told:
            meaning = rules.interpret(
                topic, payload, received_us=HEARD_US, is_retained=False, memory=memory
            )
            stated.append(len(meaning.statements))

    cost = _median_us(understand, MESSAGES // len(told)) / len(told)
    if not all(stated):
        raise SystemExit(f"{dialect} stated {stated}: the figures mean nothing")
    return cost


if __name__ == "__main__":
    for key, figure in measure().items():
        print(f"{key:44} {figure:12,.2f}")
