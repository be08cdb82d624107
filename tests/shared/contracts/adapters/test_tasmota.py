import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.adapters.base import Attestation, Condition, Heard, Memory, UnreadableError
from shared.contracts.adapters.tasmota import read
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

# From tasmota/docs: MQTT.md, DeepSleep.md (STATE), Bluetooth.md and Zigbee.md (SENSOR).
STATE = (
    '{"Time":"2021-06-27T15:03:44+02:00","Uptime":"0T02:00:13","UptimeSec":7213,"Heap":28,'
    '"SleepMode":"Dynamic","Sleep":50,"LoadAvg":19,"MqttCount":1,"POWER":"ON","Wifi":{"AP":1,'
    '"SSId":"DEMOAP","BSSId":"XX:XX:XX:XX:XX:XX","Channel":1,"Mode":"11n","RSSI":86,'
    '"Signal":-57,"LinkCount":1,"Downtime":"0T00:00:07"}}'
)
SENSOR = '{"Time":"2017-02-16T10:13:52","DS18B20":{"Temperature":20.6}}'
ZIGBEE = (
    '{"ZbReceived":{"0x8F20":{"Name":"Kitchen","Voltage":2.995,"Battery":98,"Temperature":21.01,'
    '"Humidity":53.68,"Pressure":1004.04,"PressureUnit":"hPa","Endpoint":1,"LinkQuality":88}}}'
)
NAMED_ZIGBEE = (
    '{"ZbReceived":{"Kitchen":{"Device":"0x8F20","Voltage":2.995,"Battery":98,'
    '"Temperature":21.01,"Humidity":53.68,"Pressure":1004.04,"PressureUnit":"hPa","Endpoint":1,'
    '"LinkQuality":88}}}'
)


def is_back(name: str, at_us: int = RECEIVED_US) -> list[Condition]:
    return [
        Condition(name, Hint.OFFLINE, False, at_us),
        Condition(f"{name}/", Hint.BRIDGE_OFFLINE, False, at_us),
    ]


def state(uptime_s: int, link_count: int = 1) -> str:
    return STATE.replace("7213", str(uptime_s)).replace('Count":1,"D', f'Count":{link_count},"D')


def test_telemetry_attests_on_arrival_whatever_its_local_time() -> None:
    assert read(fresh("tele/demo-sensor/STATE", STATE), {}) == [
        Attestation("demo-sensor", RECEIVED_US, readings={"rssi": -57}),
        *is_back("demo-sensor"),
    ]
    assert read(fresh("tele/demo-sensor/SENSOR", SENSOR), {}) == [
        Attestation("demo-sensor", RECEIVED_US),
        *is_back("demo-sensor"),
    ]


@pytest.mark.parametrize(
    ("topic", "name"),
    [
        ("tele/tasmota_3D5E26/STATE", "tasmota_3D5E26"),
        ("tasmota/bedroom/plug/tele/STATE", "tasmota/bedroom/plug"),
        ("tele/floor/cellar/plug/STATE", "floor/cellar/plug"),
        ("plug/tele/STATE", "plug"),
    ],
)
def test_prefix_and_topic_may_stand_in_either_order(topic: str, name: str) -> None:
    assert {statement.name.rstrip("/") for statement in read(fresh(topic, STATE), {})} == {name}


def test_a_device_configured_with_our_topic_needs_no_name() -> None:
    assert read(fresh("tele/STATE", STATE), {}) == [
        Attestation("", RECEIVED_US, readings={"rssi": -57}),
        Condition("", Hint.OFFLINE, False, RECEIVED_US),
    ]


def test_battery_is_read_where_the_device_tells_it() -> None:
    told = STATE.replace('"Heap"', '"BatteryPercentage":64,"Heap"')
    stated = read(fresh("tele/x/STATE", told), {})
    assert stated[0] == Attestation("x", RECEIVED_US, readings={"battery": 64, "rssi": -57})


def test_the_will_is_a_hint_about_the_device_and_what_it_hears_by_radio() -> None:
    assert read(fresh("tele/x/LWT", "Offline"), {}) == [
        Condition("x", Hint.OFFLINE, True, RECEIVED_US),
        Condition("x/", Hint.BRIDGE_OFFLINE, True, RECEIVED_US),
    ]
    assert read(fresh("tele/x/LWT", "Online"), {}) == is_back("x")


def test_the_will_counts_though_its_flag_says_retained() -> None:
    assert read(retained("tele/x/LWT", "Online"), {}) == is_back("x")


def test_a_retained_word_that_the_broker_drops_says_nothing() -> None:
    assert read(retained("tele/x/LWT", ""), {}) == []


@pytest.mark.parametrize("leaf", ["STATE", "SENSOR"])
def test_retained_telemetry_attests_nothing(leaf: str) -> None:
    assert read(retained(f"tele/x/{leaf}", STATE), {}) == []


@pytest.mark.parametrize(
    "topic",
    [
        "stat/x/RESULT", "stat/x/STATE", "cmnd/x/POWER", "tele/x/INFO1", "tele/x/RESULT", "tele",
        "tele//STATE", "STATE", "",
    ],
)  # fmt: skip
def test_other_topics_are_none_of_our_business(topic: str) -> None:
    assert read(fresh(topic, "no JSON at all"), {}) == []


def test_nothing_is_attested_before_a_start_of_late() -> None:
    memory: Memory = {}
    started_us = RECEIVED_US - 13 * SECOND_US
    first, *_ = read(fresh("tele/x/STATE", state(13)), memory)
    second, *_ = read(fresh("tele/x/SENSOR", SENSOR, RECEIVED_US + SECOND_US), memory)
    assert first == Attestation("x", RECEIVED_US, started_us, readings={"rssi": -57})
    assert second == Attestation("x", RECEIVED_US + SECOND_US, started_us)


def test_a_lost_link_explains_the_silence_before() -> None:
    memory: Memory = {}
    later_us, last_us = RECEIVED_US + 300 * SECOND_US, RECEIVED_US + 600 * SECOND_US
    read(fresh("tele/x/STATE", state(9000)), memory)
    lost = read(fresh("tele/x/STATE", state(9300, link_count=2), later_us), memory)
    calm = read(fresh("tele/x/STATE", state(9600, link_count=2), last_us), memory)
    assert lost[-1] == Condition("x", Hint.LINK_LOST, True, RECEIVED_US)
    assert calm[-1] == Condition("x", Hint.LINK_LOST, False, last_us)


def test_a_restart_is_no_lost_link() -> None:
    memory: Memory = {}
    read(fresh("tele/x/STATE", state(9000)), memory)
    restarted = read(fresh("tele/x/STATE", state(9, link_count=5)), memory)
    assert Hint.LINK_LOST not in {s.condition for s in restarted if isinstance(s, Condition)}


@pytest.mark.parametrize(
    ("topic", "payload", "name"),
    [
        ("tele/bridge/SENSOR", ZIGBEE, "bridge/0x8F20"),
        ("tele/bridge/SENSOR", NAMED_ZIGBEE, "bridge/Kitchen"),
        ("tele/bridge/8F20/SENSOR", ZIGBEE, "bridge/8F20"),
        ("tele/bridge/8F20/SENSOR", NAMED_ZIGBEE, "bridge/8F20"),
        ("tele/bridge/Kitchen/SENSOR", ZIGBEE, "bridge/Kitchen"),
        ("tele/SENSOR", ZIGBEE, "0x8F20"),
    ],
)
def test_a_zigbee_device_is_attested_by_its_bridge(topic: str, payload: str, name: str) -> None:
    assert read(fresh(topic, payload), {}) == [
        Attestation(name, RECEIVED_US, readings={"battery": 98})
    ]


def test_a_reading_that_makes_no_sense_does_not_spoil_the_message() -> None:
    told = STATE.replace("-57", '"strong"').replace('"Heap"', '"BatteryPercentage":101,"Heap"')
    assert read(fresh("tele/x/STATE", told), {})[0] == Attestation("x", RECEIVED_US)


@pytest.mark.parametrize(
    ("leaf", "payload", "expected"),
    [
        ("LWT", "maybe", "Online, Offline"),
        ("STATE", "[]", "as Tasmota sends on STATE"),
        ("STATE", '{"Wifi":3}', "as Tasmota sends on STATE"),
        ("SENSOR", '{"Time":', "as Tasmota sends on SENSOR"),
        ("SENSOR", '{"ZbReceived":["0x8F20"]}', "as Tasmota sends on SENSOR"),
    ],
)
def test_what_is_malformed_is_told_with_what_was_expected(
    leaf: str, payload: str, expected: str
) -> None:
    with pytest.raises(UnreadableError, match=expected):
        read(fresh(f"tele/x/{leaf}", payload), {})


TOPICS = st.sampled_from(
    ["tele/x/LWT", "tele/x/STATE", "tele/x/SENSOR", "x/tele/SENSOR", "tele/SENSOR", "tele/x/"]
) | st.text(max_size=12)
KEYS = ["Wifi", "Signal", "LinkCount", "UptimeSec", "BatteryPercentage", "ZbReceived", "Device",
        "Name", "Battery", "Online", "0x8F20"]  # fmt: skip


@given(messages(TOPICS, json_like(KEYS)))
def test_whatever_arrives_it_never_breaks_a_law(heap: list[Heard]) -> None:
    memory: Memory = {}
    for heard in heap:
        lawful(read, heard, memory)


def test_a_link_lost_while_our_clock_was_set_back_is_not_told_of_the_future() -> None:
    memory: Memory = {}
    read(fresh("tele/x/STATE", state(9000)), memory)
    earlier_us = RECEIVED_US - SECOND_US
    lost = read(fresh("tele/x/STATE", state(9300, link_count=2), earlier_us), memory)
    assert lost[-1] == Condition("x", Hint.LINK_LOST, True, earlier_us)
