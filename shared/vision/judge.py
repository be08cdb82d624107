"""The state one picture shows by itself, before any vote over time."""

from shared.domain.states import WatchState
from shared.vision.measures import Measures

# Mean grey: a lit room at night is above 20 even through a poor sensor.
DARKEST = 12.0
# A slate painted by a recorder is one exact grey; a lens cap or wall still shows noise.
SLATE = 0.85
FLAT = 0.93
# A slate or cap darker than this is a black picture, not a message.
BLACK = 24.0
# So much more of the picture than usual is burnt out, and at least so much.
WASHED_OUT = 0.3
LEAST_WASHED_OUT = 0.35
# Fine detail in the quiet cells against usual: night gain doubles noise, snow makes it fourfold.
ROUGH = 2.2
# Torn lines and garbage blocks bring edges that jump from frame to frame; a moved or covered
# view holds still. Where most of the view still agrees they must also add edges: a lively group
# of children hides as many as it brings.
GARBAGE_CHURN = 0.45
GARBAGE_CONTRAST = 1.15
GARBAGE_AGREEMENT = 0.75
# A cover of 70 % leaves under 0.4; furniture put before the lens and left there over 0.55.
# A person close up is in between, and leaves again within the vote.
CHANGED = 0.55
# Under another light than the one learned only a complete change counts.
CHANGED_IN_OTHER_LIGHT = 0.35
# What hides the view is too close to be in focus, or has few edges of its own.
COVER_FOCUS = 0.58
COVER_CONTRAST = 0.55
# A focus ratio: jpeg, vibration, dusk and infrared stay above 0.9, slight blur is below 0.65.
BLURRED = 0.78


def judge(measures: Measures, *, changed_below: float = CHANGED) -> WatchState:
    return (
        _without_picture(measures)
        or _with_noise(measures)
        or _with_other_view(measures, changed_below)
        or WatchState.OK
    )


def _without_picture(m: Measures) -> WatchState | None:
    if m.mean < DARKEST or (m.flat > FLAT and m.mean < BLACK):
        return WatchState.DARK
    if m.saturated > max(LEAST_WASHED_OUT, m.normally_saturated + WASHED_OUT):
        return WatchState.BRIGHT
    if m.exactly_flat > SLATE:
        return WatchState.SIGNAL_LOSS
    if m.flat > FLAT:
        return WatchState.COVERED
    return None


def _with_noise(m: Measures) -> WatchState | None:
    if m.roughness > ROUGH:
        return WatchState.NOISY
    is_garbage = m.agreement < CHANGED or (
        m.agreement < GARBAGE_AGREEMENT and m.contrast > GARBAGE_CONTRAST
    )
    return WatchState.NOISY if is_garbage and m.churn > GARBAGE_CHURN else None


def _with_other_view(m: Measures, changed_below: float) -> WatchState | None:
    if m.agreement < changed_below:
        is_cover = m.strange_focus < COVER_FOCUS or m.contrast < COVER_CONTRAST
        return WatchState.COVERED if is_cover else WatchState.MOVED
    if m.has_slid:
        return WatchState.MOVED
    if m.focus < BLURRED:
        return WatchState.BLURRY
    return None
