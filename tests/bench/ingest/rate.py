"""How many heartbeats a second are durable: publisher, broker, worker and database together.

The peers, in the same run and with the same publisher and broker: `mosquitto_sub` alone, and a
plain consumer on aiomqtt that inserts each message by itself.
"""

import statistics
import subprocess
import sys
import time

from tests.bench.ingest.rig import (
    LOAD,
    Rig,
    Truth,
    await_committed,
    committed,
    cpu_s,
    rig,
    told_by_devices,
)
from tests.support.broker import Broker
from tests.support.processes import Service

DEVICES = 10_000
MESSAGES = 200_000
PLAIN_MESSAGES = 6_000
ROUNDS = 3


def measure() -> dict[str, float]:
    """Medians of three rounds, the sides in turn."""
    truth: Truth = {}
    alone: list[float] = []
    durable: list[float] = []
    cpu_us: list[float] = []
    plain: list[float] = []
    with rig(devices=DEVICES) as bench, bench.worker() as worker, bench.second_broker() as peers:
        for _ in range(ROUNDS):
            alone.append(_subscriber_alone(peers))
            rate, cost = _durable(bench, worker, truth)
            durable.append(rate)
            cpu_us.append(cost)
            plain.append(_plain_consumer(peers))
        bench.must_be_covered(truth)
    over = [ours / theirs for ours, theirs in zip(durable, alone, strict=True)]
    over_plain = [ours / theirs for ours, theirs in zip(durable, plain, strict=True)]
    return {
        "ingest.heartbeats_per_s": statistics.median(durable),
        "ingest.mosquitto_sub_per_s": statistics.median(alone),
        "ingest.ratio_to_mosquitto_sub": statistics.median(over),
        "ingest.cpu_us_per_heartbeat": statistics.median(cpu_us),
        "ingest.lowest_heartbeats_per_s": min(durable),
        "ingest.plain_consumer_per_s": statistics.median(plain),
        "ingest.ratio_to_plain_consumer": statistics.median(over_plain),
    }


def _subscriber_alone(bench: Rig) -> float:
    """What `mosquitto_sub` receives a second of the same flood."""
    command = [
        *_subscriber(bench.broker), "-t", "giamsat/v1/+/+/heartbeat", "-C", str(MESSAGES),
        "-D", "CONNECT", "receive-maximum", "65535",
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as subscriber:
        time.sleep(0.5)  # mosquitto_sub does not say when it has subscribed
        started = time.perf_counter()
        bench.publish("beats", DEVICES, MESSAGES)
        subscriber.wait(60)
        return MESSAGES / (time.perf_counter() - started)


def _subscriber(broker: Broker) -> list[str]:
    return [
        "mosquitto_sub", "-h", broker.host, "-p", str(broker.port), "-u", LOAD, "-P", LOAD,
        "-V", "mqttv5", "-q", "1",
    ]  # fmt: skip


def _durable(bench: Rig, worker: Service, truth: Truth) -> tuple[float, float]:
    """Heartbeats committed a second, and the worker's CPU microseconds for each."""
    before, cpu_before = committed([worker]), cpu_s([worker])
    started = time.perf_counter()
    told = bench.publish("beats", DEVICES, MESSAGES)
    await_committed([worker], before + MESSAGES)
    seconds = time.perf_counter() - started
    told_by_devices(told, truth)
    return MESSAGES / seconds, (cpu_s([worker]) - cpu_before) / MESSAGES * 1e6


def _plain_consumer(bench: Rig) -> float:
    """Messages a second of a consumer that inserts each by itself, and commits with fsync."""
    command = [
        sys.executable, "-m", "tests.bench.ingest.plain_consumer", str(bench.broker.port),
        bench.url_of("giamsat", bench.postgres.password), str(PLAIN_MESSAGES),
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE) as consumer:
        assert consumer.stdout is not None
        consumer.stdout.readline()  # it has subscribed
        started = time.perf_counter()
        bench.publish("beats", DEVICES, PLAIN_MESSAGES)
        if consumer.wait(120):
            raise SystemExit("the plain consumer failed")
        seconds = time.perf_counter() - started
    if (kept := bench.ask("SELECT count(*) FROM plain_beat")) != PLAIN_MESSAGES:
        raise SystemExit(f"the plain consumer kept {kept} of {PLAIN_MESSAGES} messages")
    return PLAIN_MESSAGES / seconds


if __name__ == "__main__":
    for key, figure in measure().items():
        print(f"{key:44} {figure:12,.2f}")
