from datetime import UTC, datetime, timedelta

from services.api.adapters.queries import Stray
from services.api.adapters.unknowns import Named, seen
from shared.contracts.adapters.rules import Dialect, Rule
from shared.contracts.heartbeat import to_us
from shared.domain.states import Refusal

NOW = datetime(2026, 7, 1, 8, tzinfo=UTC)
ROOT = "giamsat/v1/HOA-SEN"
TASMOTA = Rule(Dialect.TASMOTA, "nha-a", "cua", "door")
SENSOR = b'{"contact":true,"last_seen":"2026-07-01T07:59:00.000Z"}'


def stray(number: int, topic: str, payload: bytes | None, *, count: int = 1) -> Stray:
    return Stray(
        id=number,
        reason=Refusal.UNMAPPED,
        topic=f"{ROOT}/{topic}",
        sample=(payload or b"Online").decode(),
        count=count,
        last_at=NOW - timedelta(minutes=number),
        payload=payload,
    )


def names(*strays: Stray, rules: tuple[Rule, ...] = (TASMOTA,)) -> list[tuple[Named, bool, int]]:
    found = seen(strays, {"hub": rules}, root=ROOT, now_us=to_us(NOW))
    return [(one.named, one.is_guess, one.count) for one in found.unknown]


def test_one_name_on_several_topics_is_told_once_with_all_its_entries() -> None:
    strays = [
        stray(1, "hub/nha-a/tele/cong/LWT", b"Online", count=2),
        stray(2, "hub/nha-a/tele/cong/STATE", b"{}", count=40),
    ]
    found = seen(strays, {"hub": [TASMOTA]}, root=ROOT, now_us=to_us(NOW))
    (one,) = found.unknown
    assert one.named == Named(Dialect.TASMOTA, "nha-a", "cong")
    assert (one.count, one.entries, one.last_at) == (42, [1, 2], strays[0].last_at)


def test_without_any_rule_the_likeliest_one_is_guessed() -> None:
    assert names(stray(1, "hub/zigbee2mqtt/cua", SENSOR), rules=()) == [
        (Named(Dialect.ZIGBEE2MQTT, "zigbee2mqtt", "cua"), True, 1)
    ]


def test_a_message_of_which_nothing_is_kept_is_read_from_its_beginning() -> None:
    assert names(stray(1, "hub/nha-a/tele/cong/LWT", None)) == [
        (Named(Dialect.TASMOTA, "nha-a", "cong"), False, 1)
    ]


def test_the_prefix_told_is_that_of_the_rule_it_was_read_by() -> None:
    nested = Rule(Dialect.TASMOTA, "", "x", "door")
    rules = (TASMOTA, nested)
    assert names(stray(1, "hub/nha-a/tele/cong/LWT", b"Online"), rules=rules) == [
        (Named(Dialect.TASMOTA, "nha-a", "cong"), False, 1)
    ]
    assert names(stray(1, "hub/tele/cong/LWT", b"Online"), rules=rules) == [
        (Named(Dialect.TASMOTA, "", "cong"), False, 1)
    ]


def test_what_a_rule_knows_by_now_is_no_longer_unknown_but_can_be_counted() -> None:
    found = seen(
        [stray(7, "hub/nha-a/tele/cua/LWT", b"Online")],
        {"hub": [TASMOTA]},
        root=ROOT,
        now_us=to_us(NOW),
    )
    assert (list(found.unknown), list(found.mapped_since)) == ([], [7])


def test_a_publisher_out_of_service_and_a_message_of_no_publisher_are_passed_over() -> None:
    assert names(stray(1, "gone/zigbee2mqtt/cua", SENSOR), stray(2, "hub", SENSOR)) == []


def test_what_cannot_be_read_names_nobody() -> None:
    assert names(stray(1, "hub/nha-a/tele/cong/LWT", b"Perhaps")) == []
