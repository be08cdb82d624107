"""How long one frame of one camera takes, on one core."""

from statistics import median
from time import perf_counter

import cv2

from shared.vision.health import CameraHealth
from shared.vision.scene import Scene

ROUNDS = 5
# The camera has learned its view by then, and every check runs.
LEARNING_FRAMES = 30
MEASURED_FRAMES = 60


def measure() -> dict[str, float]:
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        per_frame_s = median(_round(seed) for seed in range(ROUNDS))
    finally:
        cv2.setNumThreads(threads)
    return {
        "vision.ms_per_frame": per_frame_s * 1000,
        "vision.cameras_per_core_1fps": 1 / per_frame_s,
    }


def _round(seed: int) -> float:
    """Seconds per frame; drawing the frames is not counted."""
    scene, camera = Scene(seed), CameraHealth()
    frames = [scene.frame(float(second)) for second in range(LEARNING_FRAMES + MEASURED_FRAMES)]
    for second, frame in enumerate(frames[:LEARNING_FRAMES]):
        camera.update(frame, float(second))
    began = perf_counter()
    for second, frame in enumerate(frames[LEARNING_FRAMES:], start=LEARNING_FRAMES):
        camera.update(frame, float(second))
    return (perf_counter() - began) / MEASURED_FRAMES


if __name__ == "__main__":
    for name, number in measure().items():
        print(f"{name:32} {number:10.2f}")
