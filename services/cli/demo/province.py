"""The province of the demo: invented facilities in real units, their rooms, devices, people."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from shared.domain.access import Role
from shared.domain.places import DeviceKind, ZoneKind

TIME_ZONE: Final = "Asia/Ho_Chi_Minh"
MAX_GAP_S: Final = 60
INTERVAL_S: Final = 10.0
MAIL_DOMAIN: Final = "giamsat.example"
#: Told at once, after one minute, after three: so that a visitor sees the whole ladder.
LADDER: Final = (
    (Role.FACILITY_MANAGER, 0),
    (Role.COMMUNE_CPO, 60),
    (Role.DEPT_OFFICER, 180),
)


#: The units, their past and their authorities are those that are shipped.
PROVINCE: Final = "51"
#: Of these communes nobody is child-protection officer: a visitor sees what is told of that.
VACANT: Final = ("51-ly-son", "51-mo-rai")
#: Where a facility is said to have lain before the province was merged, and since when.
LAY_BEFORE: Final = {
    "hoa-sen": "62-tp-kon-tum-thong-nhat",
    "hoa-mai": "62-tp-kon-tum-vinh-quang",
    "hy-vong": "62-dak-ha-ha-mon",
    "ban-mai": "62-kon-plong-tt-mang-den",
}
LAY_THERE_SINCE: Final = date(2016, 9, 1)
MERGED_ON: Final = date(2025, 7, 1)


@dataclass(frozen=True, slots=True)
class Device:
    """A device on record; a plain one speaks to the broker itself, and without `since`."""

    code: str
    name: str
    kind: DeviceKind
    is_plain: bool = False


@dataclass(frozen=True, slots=True)
class Zone:
    """A room and who watches it."""

    code: str
    name: str
    kind: ZoneKind
    devices: tuple[Device, ...]
    min_devices: int = 1


@dataclass(frozen=True, slots=True)
class Facility:
    """A place where children live. Behind its gateway is every device that is not plain."""

    code: str
    name: str
    ownership: str
    unit: str
    children: int
    manager: str
    officer: str
    zones: tuple[Zone, ...]

    @property
    def devices(self) -> tuple[Device, ...]:
        return tuple(device for zone in self.zones for device in zone.devices)


GATEWAY: Final = Device("gw", "Bộ thu thập", DeviceKind.GATEWAY)
#: The one camera whose pictures are really rendered and judged.
SEEING: Final = ("hoa-sen", "cam-1")


def _camera(number: int, place: str) -> Device:
    return Device(f"cam-{number}", f"Camera {place}", DeviceKind.CAMERA)


def _motion(number: int, place: str) -> Device:
    return Device(f"cd-{number}", f"Cảm biến chuyển động {place}", DeviceKind.MOTION)


def _door(number: int, place: str) -> Device:
    return Device(f"cua-{number}", f"Cảm biến {place}", DeviceKind.DOOR)


def _smoke(number: int, place: str) -> Device:
    return Device(f"khoi-{number}", f"Báo khói {place}", DeviceKind.SMOKE)


def _button(number: int, place: str) -> Device:
    return Device(f"nut-{number}", f"Nút gọi {place}", DeviceKind.CALL_BUTTON)


def _play_room(*devices: Device, min_devices: int = 1) -> Zone:
    return Zone("sinh-hoat", "Phòng sinh hoạt", ZoneKind.PLAY_ROOM, devices, min_devices)


def _dormitory(*devices: Device) -> Zone:
    return Zone("phong-ngu", "Phòng ngủ", ZoneKind.DORMITORY, devices)


def _corridor(*devices: Device) -> Zone:
    return Zone("hanh-lang", "Hành lang", ZoneKind.CORRIDOR, devices)


def _yard(*devices: Device) -> Zone:
    return Zone("san", "Sân chơi", ZoneKind.YARD, devices)


def _gate(*devices: Device) -> Zone:
    return Zone("cong", "Cổng", ZoneKind.GATE, devices)


FACILITIES: Final = (
    Facility(
        "hoa-sen", "Mái ấm Hoa Sen", "non_public", "51-kon-tum", 148,
        "Y Hạnh", "Nguyễn Thị Lan",
        (
            _play_room(_camera(1, "góc trái"), _camera(2, "góc phải"), min_devices=2),
            _dormitory(_motion(1, "nữ"), _motion(2, "nam"), _smoke(1, "phòng ngủ")),
            _gate(_camera(3, "cổng"), _door(1, "cổng")),
        ),
    ),
    Facility(
        "hoa-mai", "Mái ấm Hoa Mai", "non_public", "51-ngok-bay", 87,
        "A Thủy", "Y Blen",
        (
            _play_room(_camera(1, "phòng sinh hoạt"), _button(1, "phòng sinh hoạt")),
            _dormitory(_motion(1, "tầng 1"), _smoke(1, "tầng 1")),
            _yard(_camera(2, "sân")),
        ),
    ),
    Facility(
        "hy-vong", "Làng trẻ Hy Vọng", "non_public", "51-dak-ha", 54,
        "Trần Văn Bình", "A Nhơn",
        (
            _play_room(_camera(1, "phòng sinh hoạt"), _motion(1, "phòng sinh hoạt")),
            _corridor(_camera(2, "hành lang"), _door(1, "cửa sau")),
        ),
    ),
    Facility(
        "ban-mai", "Nhà tình thương Ban Mai", "non_public", "51-mang-den", 23,
        "Y Ngân", "Lê Quốc Huy",
        (
            _play_room(_camera(1, "phòng sinh hoạt"), _button(1, "phòng sinh hoạt")),
            _dormitory(_motion(1, "phòng ngủ"), _smoke(1, "phòng ngủ")),
        ),
    ),
    Facility(
        "ctxh-quang-ngai", "Trung tâm Công tác xã hội Quảng Ngãi", "public", "51-nghia-lo", 71,
        "Phạm Thị Hòa", "Đỗ Minh Tâm",
        (
            _play_room(_camera(1, "góc trái"), _camera(2, "góc phải")),
            _dormitory(_motion(1, "khu A"), _motion(2, "khu B"), _smoke(1, "khu A")),
            _gate(_camera(3, "cổng"), _door(1, "cổng")),
        ),
    ),
    Facility(
        "anh-duong", "Cơ sở Ánh Dương", "non_public", "51-ba-to", 31,
        "Phạm Văn Nía", "Phạm Thị Trôi",
        (
            _play_room(_camera(1, "phòng sinh hoạt"), _button(1, "phòng sinh hoạt")),
            _corridor(
                Device("ph-1", "Cảm biến hành lang phía đông", DeviceKind.SENSOR, is_plain=True),
                Device("ph-2", "Cảm biến hành lang phía tây", DeviceKind.SENSOR, is_plain=True),
            ),
        ),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who works with the system; the place is a facility, a unit, or everywhere."""

    email: str
    name: str
    role: Role
    facility: str | None = None
    unit: str | None = None

    @property
    def authority(self) -> str | None:
        """In whose name: the code of an authority that is shipped."""
        if self.role is Role.COMMUNE_CPO:
            return f"ubnd-{self.unit}"
        return AUTHORITIES.get(self.role)


AUTHORITIES: Final = {
    Role.DEPT_OFFICER: f"syt-{PROVINCE}",
    Role.INSPECTOR: f"thanhtra-{PROVINCE}",
    Role.PPC_LEADER: f"ubnd-{PROVINCE}",
}
_OFFICERS: Final = (
    "A Dói", "Y Hoa", "Nguyễn Văn Thành", "Y Phượng", "A Lăng", "Trần Thị Hạnh", "Y Thoa",
    "Phạm Văn Đức", "A Bình", "Đinh Thị Liên", "Lê Thị Bích", "Y Mai",
)  # fmt: skip


def officers_elsewhere(communes: Iterable[str]) -> Iterator[Person]:
    """One in every commune without a facility; nobody logs in as they."""
    ours = {place.unit for place in FACILITIES}
    for number, unit in enumerate(sorted(set(communes) - ours - set(VACANT))):
        name = _OFFICERS[number % len(_OFFICERS)]
        address = f"canbo.{unit.removeprefix(f'{PROVINCE}-')}@{MAIL_DOMAIN}"
        yield Person(address, name, Role.COMMUNE_CPO, unit=unit)


def people() -> Iterator[Person]:
    """Of each role the first one is shown to visitors."""
    for place in FACILITIES:
        plain = place.code.replace("-", "")
        manager = f"quanly.{plain}@{MAIL_DOMAIN}"
        yield Person(manager, place.manager, Role.FACILITY_MANAGER, facility=place.code)
        commune = place.unit.removeprefix(f"{PROVINCE}-").replace("-", "")
        officer = f"canbo.{commune}@{MAIL_DOMAIN}"
        yield Person(officer, place.officer, Role.COMMUNE_CPO, unit=place.unit)
    carer = f"chamsoc.hoasen@{MAIL_DOMAIN}"
    yield Person(carer, "Nguyễn Thị Thu", Role.CAREGIVER, facility="hoa-sen")
    social = f"ctxh.hoasen@{MAIL_DOMAIN}"
    yield Person(social, "Phan Thị Liên", Role.SOCIAL_WORKER, facility="hoa-sen")
    chair = FACILITIES[0].unit
    yield Person(f"chutich@{MAIL_DOMAIN}", "Hồ Văn Thanh", Role.COMMUNE_CHAIR, unit=chair)
    # Two of them, since what one proposes another has to approve.
    yield Person(f"soyte@{MAIL_DOMAIN}", "Võ Thị Mỹ Dung", Role.DEPT_OFFICER, unit=PROVINCE)
    yield Person(f"soyte2@{MAIL_DOMAIN}", "Lê Văn Thái", Role.DEPT_OFFICER, unit=PROVINCE)
    yield Person(f"thanhtra@{MAIL_DOMAIN}", "Huỳnh Đức Long", Role.INSPECTOR, unit=PROVINCE)
    yield Person(f"lanhdao@{MAIL_DOMAIN}", "Bùi Thanh Sơn", Role.PPC_LEADER, unit=PROVINCE)
    yield Person(f"noivu@{MAIL_DOMAIN}", "Trần Thị Thủy", Role.HOME_AFFAIRS, unit=PROVINCE)
    yield Person(f"dulieu@{MAIL_DOMAIN}", "Nguyễn Đình Phúc", Role.DPO, unit=PROVINCE)
    yield Person(f"kiemtoan@{MAIL_DOMAIN}", "Đinh Thị Hồng", Role.AUDITOR, unit=PROVINCE)


def speakers() -> Iterator[tuple[str, str]]:
    """(facility, device) of everything that logs in to the broker itself."""
    for place in FACILITIES:
        yield place.code, GATEWAY.code
        yield from ((place.code, device.code) for device in place.devices if device.is_plain)
