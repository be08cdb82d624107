"""Judges the clips of the camera-health benchmark and writes predictions for its score.py.

usage: python -m tests.bench.camera_health [FOLDER] [--every N] [--out FILE]
"""

import argparse
import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import cv2

from shared.domain.states import WatchState
from shared.vision.health import CameraHealth
from shared.vision.picture import Frame

# The benchmark has no state of its own for a recorder's NO SIGNAL slate: it counts as dark.
BENCH_NAMES = {WatchState.NOISY: "noise", WatchState.SIGNAL_LOSS: "dark"}

Segment = tuple[float, float, str]


def frames(clip: Path) -> Iterator[Frame]:
    capture = cv2.VideoCapture(str(clip))
    while True:
        is_read, frame = capture.read()
        if not is_read:
            return
        yield frame.astype("uint8", copy=False)


def judged(clip: Path, every_s: int) -> list[Segment]:
    """One frame of a clip is one second."""
    camera = CameraHealth()
    states = [
        (float(second), camera.update(frame, float(second)).state)
        for second, frame in enumerate(frames(clip))
        if second % every_s == 0
    ]
    segments: list[Segment] = []
    for state, run in groupby(states, key=lambda pair: pair[1]):
        seconds = [second for second, _ in run]
        if state is not WatchState.OK:
            name = BENCH_NAMES.get(state, state.value)
            segments.append((seconds[0], seconds[-1] + every_s, name))
    return segments


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("../shared/camera-health"))
    parser.add_argument("--every", type=int, default=1, help="seconds between judged frames")
    parser.add_argument("--out", type=Path, default=Path("predictions.json"))
    options = parser.parse_args()
    clips = sorted((options.folder / "clips").glob("*.mp4"))
    predictions = {clip.name: judged(clip, options.every) for clip in clips}
    options.out.write_text(json.dumps(predictions, indent=1))
    print(f"{len(predictions)} clips judged; now: python score.py {options.out}")


if __name__ == "__main__":
    main()
