"""Cameras that look at rendered rooms, and what can happen to their pictures."""

from collections.abc import Callable
from functools import cache

import cv2
import numpy as np

from shared.domain.states import WatchState
from shared.vision.health import CameraHealth
from shared.vision.picture import Frame
from shared.vision.scene import Scene

Change = Callable[[Frame, int], Frame]
LEARNED_S = 45


@cache
def room(seed: int = 1) -> list[Frame]:
    scene = Scene(seed, caption="ROOM 1")
    return [scene.frame(float(second)) for second in range(140)]


def untouched(frame: Frame, _second: int) -> Frame:
    return frame


class Watch:
    """One camera on one room; time runs on from one act to the next."""

    def __init__(self, *, seed: int = 1, step_s: int = 1, learned_s: int = LEARNED_S) -> None:
        self._camera = CameraHealth()
        self._frames = room(seed)
        self._step_s = step_s
        self._second = 0
        self.run(untouched, learned_s)

    def run(self, change: Change, seconds: int) -> list[WatchState]:
        states = []
        for second in range(self._second, self._second + seconds, self._step_s):
            frame = self._frames[second % len(self._frames)]
            states.append(self._camera.update(change(frame, second), float(second)).state)
        self._second += seconds
        return states


def covered(frame: Frame, _second: int) -> Frame:
    hidden = frame.copy()
    soft = cv2.resize(frame[:, :560], (14, 9), interpolation=cv2.INTER_AREA)
    hidden[:, :560] = cv2.resize(soft, (560, 360), interpolation=cv2.INTER_CUBIC) // 2 + 20
    return hidden


def dark(frame: Frame, _second: int) -> Frame:
    return (frame * 0.04).astype(np.uint8)


def washed_out(frame: Frame, _second: int) -> Frame:
    return cv2.convertScaleAbs(frame, alpha=3.5).astype(np.uint8)


def out_of_focus(frame: Frame, _second: int) -> Frame:
    return cv2.GaussianBlur(frame, (0, 0), 3).astype(np.uint8)


def knocked(frame: Frame, _second: int) -> Frame:
    turn = cv2.getRotationMatrix2D((320, 180), 6, 1)
    return cv2.warpAffine(frame, turn, (640, 360), borderMode=cv2.BORDER_REFLECT).astype(np.uint8)


def snowed(frame: Frame, second: int) -> Frame:
    rng = np.random.default_rng(second)
    snow = rng.integers(0, 255, frame.shape[:2], dtype=np.uint8)
    flakes = rng.random(frame.shape[:2]) < 0.3
    return np.where(flakes[:, :, np.newaxis], snow[:, :, np.newaxis], frame)


def torn(frame: Frame, second: int) -> Frame:
    rng = np.random.default_rng(second)
    lines = frame.copy()
    for top in range(0, 360, 40):
        lines[top : top + 40] = np.roll(frame[top : top + 40], int(rng.integers(60, 580)), axis=1)
    return lines


def slate(frame: Frame, _second: int) -> Frame:
    card = np.full_like(frame, (160, 40, 10))
    cv2.putText(card, "NO SIGNAL", (180, 190), cv2.FONT_HERSHEY_SIMPLEX, 1.6, (255, 255, 255), 4)
    return card


def stopped(_frame: Frame, _second: int) -> Frame:
    return room()[LEARNED_S]


def stopped_with_clock(_frame: Frame, second: int) -> Frame:
    still = room()[LEARNED_S].copy()
    cv2.putText(still, f"{second:08d}", (430, 30), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (255,) * 3, 2)
    return still


def lights_off(frame: Frame, _second: int) -> Frame:
    return (frame * 0.3).astype(np.uint8)


def infrared(frame: Frame, second: int) -> Frame:
    grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
    grain = np.random.default_rng(second).normal(0, 3, grey.shape)
    night: Frame = np.clip(grey * 0.8 + grain, 0, 255).astype(np.uint8)
    return cv2.cvtColor(night, cv2.COLOR_GRAY2BGR).astype(np.uint8)


def close_up(frame: Frame, second: int) -> Frame:
    near = frame.copy()
    left = 150 + 40 * (second % 3)
    cv2.ellipse(near, (left + 160, 380), (190, 330), 0, 0, 360, (120, 70, 40), -1)
    return near


def shaken(frame: Frame, second: int) -> Frame:
    return np.roll(frame, (second % 3 - 1, second * 7 % 5 - 2), axis=(0, 1))


def parked_object(frame: Frame, _second: int) -> Frame:
    parked = frame.copy()
    cv2.rectangle(parked, (380, 170), (600, 340), (60, 120, 170), -1)
    return parked


def grey_glitch(frame: Frame, _second: int) -> Frame:
    return np.full_like(frame, 128)


def compressed(frame: Frame, _second: int) -> Frame:
    _, jpeg = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, 25])
    decoded = cv2.imdecode(jpeg, cv2.IMREAD_COLOR)
    assert decoded is not None
    return decoded.astype(np.uint8)


def dusk(frame: Frame, second: int) -> Frame:
    light = max(0.3, 1 - (second - LEARNED_S) / 90)
    return (frame * light).astype(np.uint8)
