"""Which facility or device a person means, by its code."""

from dataclasses import dataclass

from services.cli.demo.province import FACILITIES, GATEWAY
from shared.domain.places import DeviceKind
from shared.runtime.errors import GiamsatError


class UnknownNameError(GiamsatError):
    """No facility or device of the demo is called so."""


@dataclass(frozen=True, slots=True)
class DeviceName:
    """A device of the demo."""

    facility: str
    device: str

    def __str__(self) -> str:
        return f"{self.facility}/{self.device}"


def facilities() -> list[str]:
    return [place.code for place in FACILITIES]


def devices() -> dict[DeviceName, DeviceKind]:
    found = {DeviceName(place.code, GATEWAY.code): GATEWAY.kind for place in FACILITIES}
    for place in FACILITIES:
        found |= {DeviceName(place.code, device.code): device.kind for device in place.devices}
    return found


def facility(word: str) -> str:
    if word in facilities():
        return word
    raise UnknownNameError(f"There is no facility {word}. Known: {', '.join(facilities())}")


def device(word: str) -> DeviceName:
    return _the_one(word, list(devices()), "device")


def camera(word: str) -> DeviceName:
    cameras = [name for name, kind in devices().items() if kind is DeviceKind.CAMERA]
    return _the_one(word, cameras, "camera")


def _the_one(word: str, names: list[DeviceName], kind: str) -> DeviceName:
    """By facility/device, or by the device's code alone if no other device has it."""
    meant = [name for name in names if word in {str(name), name.device}]
    match meant:
        case [only]:
            return only
        case []:
            known = ", ".join(map(str, names))
            raise UnknownNameError(f"There is no {kind} {word}. Known: {known}")
        case _:
            raise UnknownNameError(
                f"More than one {kind} is called {word}: {', '.join(map(str, meant))}"
            )
