"""The alarms look at figures that exist, and the runbook knows every alarm."""

import re
from typing import Any

import yaml
from prometheus_client import REGISTRY

import services.alerts.metrics
import services.alerts.sms.metrics
import services.api.access_log.seals.metrics
import services.api.floods.metrics
import services.api.http.metrics
import services.cli.maintain.metrics
import services.ingest.metrics  # noqa: F401 - all are imported to be registered
from shared.domain.delivery import Outcome
from tests.deploy import compose
from tests.deploy.compose import DEPLOY


def load(name: str) -> Any:
    return yaml.safe_load((DEPLOY / "prometheus" / name).read_text())


RULES = [rule for group in load("alerts.yml")["groups"] for rule in group["rules"]]


def test_every_figure_in_a_rule_is_measured() -> None:
    measured = {
        name for metric in REGISTRY.collect() for name in names_of(metric.name, metric.type)
    }
    asked = {name for rule in RULES for name in re.findall(r"\bgiamsat_\w+", rule["expr"])}
    assert asked - measured == set()


def names_of(name: str, kind: str) -> list[str]:
    endings = {"counter": ["_total"], "histogram": ["_bucket", "_count", "_sum"]}
    return [name + ending for ending in endings.get(kind, [""])]


def test_every_outcome_in_a_rule_can_happen() -> None:
    asked = {word for rule in RULES for word in re.findall(r'outcome="(\w+)"', rule["expr"])}
    assert asked <= set(Outcome)


def test_the_runbook_has_a_chapter_for_every_alarm() -> None:
    chapters = set(re.findall(r"^### (\w+)$", (DEPLOY / "runbook.md").read_text(), re.MULTILINE))
    assert chapters == {rule["alert"] for rule in RULES}


def test_prometheus_asks_where_the_containers_answer() -> None:
    services = compose.read(compose.settings_of(DEPLOY / "demo.env"))["services"]
    for job in load("prometheus.yml")["scrape_configs"]:
        (target,) = job["static_configs"][0]["targets"]
        name, port = target.split(":")
        assert job["job_name"] == f"giamsat-{name}"
        assert f"127.0.0.1:{port}/readyz" in services[name]["healthcheck"]["test"][-1]
