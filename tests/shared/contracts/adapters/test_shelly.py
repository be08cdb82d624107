import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.adapters.base import Attestation, Condition, Heard, Memory, UnreadableError
from shared.contracts.adapters.shelly import read
from shared.domain.states import Hint
from tests.shared.contracts.adapters.laws import (
    RECEIVED_US,
    SECOND_US,
    fresh,
    json_like,
    lawful,
    messages,
    retained,
)

# As shelly-api-docs.shelly.cloud/gen2 documents them and devices send them, at another time.
TS = "1795334399.62"
AT_US = RECEIVED_US - 380_000
FULL = (
    '{"src":"shellyplus1-08b61fd141e8","dst":"shellyplus1-08b61fd141e8/events",'
    '"method":"NotifyFullStatus","params":{"ts":1795334399.62,"ble":{},"cloud":{"connected":true},'
    '"input:0":{"id":0,"state":false},"mqtt":{"connected":true},"switch:0":{"id":0,"source":"SHC",'
    '"output":true,"temperature":{"tC":48.4,"tF":119.2}},"sys":{"mac":"08B61FD141E8",'
    '"restart_required":false,"time":"15:00","unixtime":1795334399,"uptime":658773,'
    '"ram_size":268520,"ram_free":110248,"fs_size":393216,"fs_free":106496,"cfg_rev":13,'
    '"kvs_rev":0,"schedule_rev":1,"webhook_rev":0,"available_updates":{},"reset_reason":3},'
    '"wifi":{"sta_ip":"192.168.1.76","status":"got ip","ssid":"example","rssi":-58,'
    '"ap_client_count":0},"ws":{"connected":false}}}'
)
SMOKE = (
    '{"src":"shellyplussmoke-80646fd09ed4","dst":"shellyplussmoke-80646fd09ed4/events",'
    '"method":"NotifyFullStatus","params":{"ts":1.33,"ble":{},"cloud":{"connected":false},'
    '"devicepower:0":{"id":0,"battery":{"V":2.99,"percent":97}},"mqtt":{"connected":true},'
    '"smoke:0":{"id":0,"alarm":false,"mute":false},"sys":{"mac":"80646FD09ED4",'
    '"restart_required":false,"time":null,"unixtime":null,"uptime":1,"ram_size":245908,'
    '"ram_free":163788,"fs_size":458752,"fs_free":188416,"cfg_rev":14,"kvs_rev":0,'
    '"webhook_rev":0,"available_updates":{},"wakeup_reason":{"boot":"poweron","cause":"button"},'
    '"wakeup_period":86400},"wifi":{"sta_ip":"192.168.107.23","status":"got ip",'
    '"ssid":"example","rssi":-20},"ws":{"connected":false}}}'
)
DELTA = (
    '{"src":"shellyplus1-08b61fd141e8","dst":"shellyplus1-08b61fd141e8/events",'
    '"method":"NotifyStatus","params":{"ts":1795334399.62,"switch:0":{"id":0,"output":false,'
    '"source":"HTTP_in"}}}'
)
EVENT = (
    '{"src":"shellyi4g3-54320455c858","dst":"shellyi4g3-54320455c858/events",'
    '"method":"NotifyEvent","params":{"ts":1795334399.62,"events":[{"component":"input:0","id":0,'
    '"event":"single_push","ts":1795334399.62}]}}'
)
NAME = "shellyplus1-08b61fd141e8"
RPC = f"{NAME}/events/rpc"


def is_back(at_us: int, name: str = NAME) -> Condition:
    return Condition(name, Hint.OFFLINE, False, at_us)


@pytest.mark.parametrize("payload", [DELTA, EVENT])
def test_a_notification_attests_when_it_was_made(payload: str) -> None:
    assert read(fresh(RPC, payload), {}) == [Attestation(NAME, AT_US), is_back(AT_US)]


@pytest.mark.parametrize(
    ("topic", "name"),
    [
        ("events/rpc", ""),
        ("shellyplus1-x/events/rpc", "shellyplus1-x"),
        ("floor-2/hall/button/events/rpc", "floor-2/hall/button"),
    ],
)
def test_a_device_is_called_by_its_topic_prefix(topic: str, name: str) -> None:
    assert read(fresh(topic, DELTA), {})[0].name == name


def test_a_change_is_laid_over_the_last_full_status() -> None:
    memory: Memory = {}
    later_us = RECEIVED_US + 60 * SECOND_US
    changed = DELTA.replace('"switch:0"', '"devicepower:0":{"battery":{"percent":64}},"switch:0"')
    assert read(fresh(RPC, FULL), memory)[0] == Attestation(NAME, AT_US, readings={"rssi": -58})
    known, _ = read(fresh(RPC, changed, later_us), memory)
    assert known == Attestation(NAME, AT_US, readings={"rssi": -58, "battery": 64})
    lost = DELTA.replace('"switch:0"', '"wifi":{"rssi":null},"switch:0"')
    assert read(fresh(RPC, lost), memory)[0] == Attestation(NAME, AT_US, readings={"battery": 64})
    again = FULL.replace('"wifi"', '"none"')
    assert read(fresh(RPC, again), memory)[0] == Attestation(NAME, AT_US)


def test_a_status_attests_on_arrival() -> None:
    switch, wifi = f"{NAME}/status/switch:0", f"{NAME}/status/wifi"
    assert read(fresh(switch, '{"id":0,"source":"init","output":false}'), {}) == [
        Attestation(NAME, RECEIVED_US),
        is_back(RECEIVED_US),
    ]
    assert read(fresh(wifi, '{"sta_ip":null,"status":"got ip","rssi":-61}'), {})[0] == (
        Attestation(NAME, RECEIVED_US, readings={"rssi": -61})
    )


def test_a_battery_that_is_not_in_use_is_not_told_as_empty() -> None:
    power = '{"id":0,"battery":{"V":0.43,"percent":0},"external":{"present":true}}'
    assert read(fresh(f"{NAME}/status/devicepower:0", power), {})[0] == (
        Attestation(NAME, RECEIVED_US)
    )


@pytest.mark.parametrize("ts", ["null", "1895334399.62", '"soon"', "-1"])
def test_a_clock_that_is_wrong_is_not_believed(ts: str) -> None:
    assert read(fresh(RPC, DELTA.replace(TS, ts)), {})[0] == Attestation(NAME, RECEIVED_US)


def test_a_clock_never_set_counts_from_the_start() -> None:
    connected = DELTA.replace(TS, "1.61")
    assert read(fresh(RPC, connected), {})[0] == (
        Attestation(NAME, RECEIVED_US, RECEIVED_US - 1_610_000)
    )
    assert read(fresh(RPC, DELTA.replace(TS, "7200.5")), {})[0] == Attestation(NAME, RECEIVED_US)


def test_nothing_is_attested_before_a_start_of_late() -> None:
    memory: Memory = {}
    readings = {"battery": 97, "rssi": -20}
    started_us = RECEIVED_US - SECOND_US
    first, _ = read(fresh(RPC, SMOKE), memory)
    second, _ = read(fresh(RPC, DELTA.replace(TS, "1795334410"), RECEIVED_US + 10**7), memory)
    assert first == Attestation(NAME, RECEIVED_US, started_us, readings=readings)
    assert second == Attestation(NAME, RECEIVED_US + 10**7, started_us, readings=readings)


def test_a_device_that_wakes_by_plan_did_not_start() -> None:
    woken = SMOKE.replace("poweron", "deepsleep_wake")
    assert read(fresh(RPC, woken), {})[0] == (
        Attestation(NAME, RECEIVED_US, readings={"battery": 97, "rssi": -20})
    )


def test_the_will_is_a_hint_though_its_flag_says_retained() -> None:
    offline = Condition(NAME, Hint.OFFLINE, True, RECEIVED_US)
    assert read(fresh(f"{NAME}/online", "false"), {}) == [offline]
    assert read(retained(f"{NAME}/online", "false"), {}) == [offline]
    assert read(retained(f"{NAME}/online", "true"), {}) == [is_back(RECEIVED_US)]
    assert read(retained(f"{NAME}/online", ""), {}) == []


@pytest.mark.parametrize("topic", [RPC, f"{NAME}/status/sys"])
def test_retained_notifications_attest_nothing(topic: str) -> None:
    assert read(retained(topic, FULL), {}) == []


@pytest.mark.parametrize(
    "topic",
    [
        f"{NAME}/rpc", f"{NAME}/announce", f"{NAME}/command/switch:0", f"{NAME}/debug/log",
        f"{NAME}/status", f"{NAME}//events/rpc", "rpc", "",
    ],
)  # fmt: skip
def test_other_topics_are_none_of_our_business(topic: str) -> None:
    assert read(fresh(topic, "no JSON at all"), {}) == []


def test_other_methods_are_none_of_our_business() -> None:
    assert read(fresh(RPC, DELTA.replace("NotifyStatus", "NotifyOther")), {}) == []


@pytest.mark.parametrize(
    ("topic", "payload", "expected"),
    [
        (f"{NAME}/online", "yes", "true, false"),
        (RPC, "[]", "a notification with method and params"),
        (RPC, '{"method":"NotifyStatus"}', "a notification with method and params"),
        (RPC, '{"method":"NotifyStatus","params":[]}', "a notification with method and params"),
        (f"{NAME}/status/wifi", "[1]", "the status of a component"),
    ],
)
def test_what_is_malformed_is_told_with_what_was_expected(
    topic: str, payload: str, expected: str
) -> None:
    with pytest.raises(UnreadableError, match=expected):
        read(fresh(topic, payload), {})


TOPICS = st.sampled_from(
    [RPC, "events/rpc", "online", f"{NAME}/status/sys", f"{NAME}/status/wifi",
     f"{NAME}/status/devicepower:0"]
) | st.text(max_size=12)  # fmt: skip
KEYS = ["method", "params", "ts", "sys", "uptime", "wifi", "rssi", "devicepower:0", "battery",
        "percent", "external", "present", "NotifyStatus", "NotifyFullStatus"]  # fmt: skip
NOTIFICATIONS = st.builds(
    b'{"method":"%b","params":%b}'.__mod__,
    st.tuples(
        st.sampled_from([b"NotifyStatus", b"NotifyFullStatus", b"NotifyEvent"]), json_like(KEYS)
    ),
)


@given(messages(TOPICS, json_like(KEYS) | NOTIFICATIONS))
def test_whatever_arrives_it_never_breaks_a_law(heap: list[Heard]) -> None:
    memory: Memory = {}
    for heard in heap:
        lawful(read, heard, memory)
