"""Devices in words: how each stands now, and what its owner should know or do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from services.api.console import words
from services.api.devices.schemas import ClockOut, ConditionOut, DeviceOut
from services.api.overview.shown import Voice
from services.api.zones.schemas import ZoneOut
from shared.domain.places import DeviceKind
from shared.domain.states import ClockState, Hint, SecondState, WatchState
from shared.i18n import Translator, marked, names

#: A device's state as the table says it.
_SAYS: Final = {
    SecondState.COVERED: marked("watching"),
    SecondState.IMPAIRED: marked("poor picture"),
    SecondState.GAP: marked("silent"),
    SecondState.UNKNOWN: marked("not known"),
}
#: What a clock does, with and without a length that can be said, and what to do about it.
_CLOCKS: Final = {
    ClockState.AHEAD: (
        marked("Clock %(length)s ahead"),
        marked("Clock ahead"),
        marked("set it by NTP"),
    ),
    ClockState.BEHIND: (
        marked("Clock %(length)s behind"),
        marked("Clock behind"),
        marked("set it by NTP"),
    ),
    ClockState.STEPPED: (
        marked("Clock jumped, now off by %(length)s"),
        marked("Clock jumped"),
        marked("let NTP keep it right"),
    ),
    ClockState.DRIFTING: (
        marked("Clock runs unevenly, now off by %(length)s"),
        marked("Clock runs unevenly"),
        marked("let NTP keep it right"),
    ),
}


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """A device in the table of devices."""

    code: str
    name: str
    kind: str
    zone: str
    heard: str
    now: str
    says: str
    causes: tuple[str, ...]
    cares: tuple[str, ...]
    readings: str
    rhythm: str


def device_rows(
    devices: Sequence[DeviceOut], zones: Sequence[ZoneOut], voice: Voice
) -> list[DeviceRow]:
    names_of = {zone.code: zone.name for zone in zones}
    return [row_of(one, names_of, voice) for one in devices]


def row_of(device: DeviceOut, zone_names: Mapping[str, str], voice: Voice) -> DeviceRow:
    t = voice.t
    return DeviceRow(
        code=device.code,
        name=device.name,
        kind=t.gettext(words.DEVICE_KINDS[device.kind]),
        zone=zone_names.get(device.zone or "", "–"),
        heard=voice.near(device.latest.at) if device.latest else t.gettext("never yet"),
        now=device.state.value,
        says=says(device, t),
        causes=_causes(device, voice),
        cares=cares(device, t),
        readings=_readings(device, t),
        rhythm=_rhythm(device, t),
    )


def _rhythm(device: DeviceOut, t: Translator) -> str:
    if device.kind is DeviceKind.ROUND_POINT:
        return t.gettext("whoever comes by checks in")
    return t.gettext("reports every %(n)s s", n=_number(device.interval_s, t))


def says(device: DeviceOut, t: Translator) -> str:
    """`hình ảnh kém: quá tối`."""
    if device.kind is DeviceKind.ROUND_POINT:
        return t.gettext("a place on the round")
    told = t.gettext(_SAYS[device.state])
    fault = _fault(device)
    if device.state is not SecondState.IMPAIRED or fault is None:
        return told
    return f"{told}: {t.gettext(names.FAULTS[fault])}"


def _fault(device: DeviceOut) -> WatchState | None:
    """By its latest word, else by what holds until it is taken back."""
    held = [one.condition for one in device.conditions if isinstance(one.condition, WatchState)]
    if device.latest is not None and device.latest.state is not WatchState.OK:
        return device.latest.state
    return held[0] if held else None


def _causes(device: DeviceOut, voice: Voice) -> tuple[str, ...]:
    """Why it may be silent; what we did ourselves comes first."""
    hints = tuple(_cause(one, voice) for one in device.conditions if _is_hint(one))
    if device.suspended_until is None:
        return hints
    until = voice.near(device.suspended_until)
    told = marked("blocked for a while for sending too much, until %(time)s")
    return (voice.t.gettext(told, time=until), *hints)


def _is_hint(one: ConditionOut) -> bool:
    return isinstance(one.condition, Hint)


def _cause(one: ConditionOut, voice: Voice) -> str:
    """`mất điện, từ 23:35`."""
    hint = voice.t.gettext(names.HINTS[one.condition])
    return voice.t.gettext("%(what)s, since %(time)s", what=hint, time=voice.near(one.since))


def cares(device: DeviceOut, t: Translator) -> tuple[str, ...]:
    """What its owner should put right though nothing is refused: the clock, the rhythm."""
    clock = clock_words(device.clock, t) if device.clock else ""
    warned = [
        t.gettext(
            words.WARNINGS[one.code],
            now=_number(device.interval_s, t),
            advised=_number(one.advised_interval_s or 1, t),
        )
        for one in device.warnings
    ]
    return tuple(text for text in (clock, *warned) if text)


def _number(n: float, t: Translator) -> str:
    """`30`, not `30,0`."""
    return t.number(int(n) if n == int(n) else round(n, 1))


def clock_words(clock: ClockOut, t: Translator) -> str:
    """`Đồng hồ chạy nhanh 45 giây – đặt lại giờ bằng NTP`; nothing when it is right."""
    if clock.state is ClockState.RIGHT:
        return ""
    with_length, bare, advice = _CLOCKS[clock.state]
    length = timedelta(seconds=round(abs(clock.offset_s)))
    what = t.gettext(with_length, length=t.duration(length)) if length else t.gettext(bare)
    return f"{what} – {t.gettext(advice)}"


def _readings(device: DeviceOut, t: Translator) -> str:
    latest = device.latest
    if latest is None:
        return "–"
    told = []
    if latest.battery is not None:
        told.append(f"{t.number(round(latest.battery))} %")
    if latest.rssi is not None:
        told.append(f"{t.number(round(latest.rssi))} dBm")
    if latest.fps is not None:
        told.append(t.gettext("%(n)s fps", n=t.number(round(latest.fps, 1))))
    return " · ".join(told) or "–"
