"""The processes of one machine: with which command, settings and probe each of them runs."""

import signal
import sys
from datetime import datetime
from functools import partial

from sqlalchemy.ext.asyncio import AsyncEngine

from services.cli import broker, postgres, probes
from services.cli.demo import control
from services.cli.plan import LOOPBACK, Plan
from services.cli.supervise import Child
from shared.runtime.settings import SECRETS_DIR


def database(plan: Plan) -> Child:
    """PostgreSQL; SIGINT is its fast and clean way to stop."""
    return Child(
        name="postgres",
        command=plan.postgres.command(),
        log_file=plan.layout.log_of("postgres"),
        env=plan.environ,
        is_ready=partial(probes.is_answering_sql, plan.postgres.maintenance_url),
        user=postgres.system_user(),
        cwd=plan.postgres.folder,
        stop_signal=signal.SIGINT,
        orphan_signal=signal.SIGINT,
        stop_within_s=20,
    )


def message_broker(plan: Plan, engine: AsyncEngine) -> Child:
    """Mosquitto; whom it admits is read from the registry before every start."""
    user = broker.system_user()
    return Child(
        name="mosquitto",
        command=(broker.find_binary(), "-c", str(plan.broker.configuration_file)),
        log_file=plan.layout.log_of("mosquitto"),
        env=plan.environ,
        is_ready=partial(probes.is_listening, plan.near_host, plan.broker.port),
        before_start=partial(broker.renew_access_file, plan.broker, engine, plan.broker_passwords),
        user=None if user is None else user.pw_uid,
        cwd=plan.broker.folder,
        orphan_signal=signal.SIGTERM,
    )


def ingest(plan: Plan, slot: int = 0) -> Child:
    """The worker of one slot; started again in its place, it takes its session up at once."""
    name = plan.options.ingest_names[slot]
    return _service(
        plan,
        "ingest",
        name=name,
        health_port=plan.health_ports[name],
        INGEST_MQTT_HOST=plan.near_host,
        INGEST_MQTT_PORT=str(plan.broker.port),
        INGEST_SLOT=str(slot),
        INGEST_HEALTH_HOST=LOOPBACK,
        INGEST_HEALTH_PORT=str(plan.health_ports[name]),
    )


def alerts(plan: Plan) -> Child:
    settings = {
        "ALERTS_CONSOLE_URL": plan.console_url,
        "ALERTS_HEALTH_HOST": LOOPBACK,
        "ALERTS_HEALTH_PORT": str(plan.health_ports["alerts"]),
    }
    if plan.mail_port is not None:
        settings |= {
            "ALERTS_SMTP_HOST": LOOPBACK,
            "ALERTS_SMTP_PORT": str(plan.mail_port),
            "ALERTS_SMTP_TLS": "none",
            "ALERTS_MAIL_FROM": "giamsat@giamsat.example",
        }
    return _service(plan, "alerts", health_port=plan.health_ports["alerts"], **settings)


def api(plan: Plan) -> Child:
    return _service(
        plan,
        "api",
        health_port=plan.api_port,
        API_MQTT_HOST=plan.near_host,
        API_MQTT_PORT=str(plan.broker.port),
        API_DEVICE_MQTT_HOST=plan.seen_host,
        API_DEVICE_MQTT_PORT=str(plan.broker.port),
        API_HOST=plan.options.host,
        API_PORT=str(plan.api_port),
        API_CONSOLE_URL=plan.console_url,
        API_WITNESS_FILE=str(plan.layout.witness),
        **_leniency(plan),
    )


def _leniency(plan: Plan) -> dict[str, str]:
    """In the demo everybody is invented, and who tries it out has no second factor to show."""
    if not plan.options.is_demo or "API_REQUIRE_SECOND_FACTOR" in plan.environ:
        return {}
    return {"API_REQUIRE_SECOND_FACTOR": "false"}


def maintain(plan: Plan) -> Child:
    """Daily rounds, as the owner: nobody else may change what a table is made of."""
    port = plan.health_ports["maintain"]
    settings = {
        SECRETS_DIR: str(plan.layout.secrets),
        "MAINTAIN_HEALTH_HOST": LOOPBACK,
        "MAINTAIN_HEALTH_PORT": str(port),
    }
    return Child(
        name="maintain",
        command=_python("services.cli.maintain"),
        log_file=plan.layout.log_of("maintain"),
        env={**plan.environ, **settings},
        is_ready=partial(probes.is_answering, LOOPBACK, port),
    )


def mail_sink(plan: Plan, port: int) -> Child:
    return Child(
        name="mail",
        command=_python("services.cli.mail_sink"),
        log_file=plan.layout.log_of("mail"),
        env={**plan.environ, "MAIL_FOLDER": str(plan.layout.mail), "MAIL_PORT": str(port)},
        is_ready=partial(probes.is_listening, LOOPBACK, port),
    )


def demo(plan: Plan, watching_since: datetime | None) -> Child:
    """The simulated gateways; ready when they listen for `giamsat demo …`."""
    since = {} if watching_since is None else {"DEMO_WATCHING_SINCE": watching_since.isoformat()}
    settings = {
        **since,
        "DEMO_DATA": str(plan.layout.root),
        "DEMO_MQTT_HOST": plan.near_host,
        "DEMO_MQTT_PORT": str(plan.broker.port),
    }
    return Child(
        name="demo",
        command=_python("services.cli.demo"),
        log_file=plan.layout.log_of("demo"),
        env={**plan.environ, **settings},
        is_ready=partial(control.is_listening, plan.layout.demo_socket),
    )


def _service(
    plan: Plan, service: str, *, health_port: int, name: str | None = None, **settings: str
) -> Child:
    host = plan.near_host if service == "api" else LOOPBACK
    secrets = {SECRETS_DIR: str(plan.layout.secrets)}
    return Child(
        name=name or service,
        command=_python(f"services.{service}"),
        log_file=plan.layout.log_of(name or service),
        env={**plan.environ, **secrets, **settings},
        is_ready=partial(probes.is_answering, host, health_port),
    )


def _python(module: str) -> tuple[str, ...]:
    return (sys.executable, "-m", module)
