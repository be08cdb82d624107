"""Frigate's statistics: of which cameras pictures arrive, at the time it took them."""

from typing import Final

import msgspec

from services.cli.simulate.dialects.base import Moment, Published, below
from services.cli.simulate.speech import Send
from shared.domain.states import WatchState

PREFIX: Final = "frigate"
_FPS: Final = 5.0
_UPTIME_S: Final = 86_400
_encode = msgspec.json.Encoder().encode


def encode(send: Send, moment: Moment) -> Published:
    cameras = {
        claim.device.code: _camera(0.0 if claim.state is WatchState.SIGNAL_LOSS else _FPS)
        for claim in send.claims
    }
    told_s = (moment.start_us + send.claims[0].at_us) / 1e6
    stats = {"cameras": cameras, "service": {"uptime": _UPTIME_S, "last_updated": told_s}}
    return [(below(send, PREFIX, "stats"), _encode(stats))]


def _camera(fps: float) -> dict[str, float]:
    return {"camera_fps": fps, "process_fps": fps, "skipped_fps": 0.0, "detection_fps": 0.0}
