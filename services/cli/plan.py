"""What one `giamsat up` is going to run: addresses, ports and secrets, decided before the start."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from services.cli import ports
from services.cli.broker import Broker, PlatformPasswords
from services.cli.layout import Layout
from services.cli.postgres import Postgres
from services.cli.secret_files import SecretFiles, typed
from shared.runtime import sealed_box

LOOPBACK = "127.0.0.1"
DEFAULT_MQTT_PORT = 1883
SERVICES = ("ingest", "alerts", "api")
#: Besides ingest and api, what answers for its health.
WATCHED = ("alerts", "maintain")


@dataclass(frozen=True, slots=True)
class Options:
    """What the person asked for. A port of 0 means any, best that of last time; so does no MQTT
    port, whose first is the usual one.
    """

    data: Path
    host: str = LOOPBACK
    port: int = 8080
    mqtt_port: int | None = None
    admin_email: str = "admin@giamsat.example"
    is_demo: bool = False
    workers: int = 1

    @property
    def ingest_names(self) -> tuple[str, ...]:
        """The ingest workers, each named for its slot; the first is simply `ingest`."""
        return ("ingest", *(f"ingest-{slot}" for slot in range(1, self.workers)))


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that has to be known before the first process starts."""

    options: Options
    layout: Layout
    postgres: Postgres
    broker: Broker
    broker_passwords: PlatformPasswords
    admin_password: str
    api_port: int
    health_ports: Mapping[str, int]
    #: Absent if mail goes to a server that the environment names.
    mail_port: int | None
    environ: Mapping[str, str]

    @property
    def near_host(self) -> str:
        """At which address our own processes find each other."""
        return ports.seen_from_here(self.options.host)

    @property
    def seen_host(self) -> str:
        """At which address devices and people find us."""
        return ports.seen_from_outside(self.options.host)

    @property
    def console_url(self) -> str:
        return f"http://{self.seen_host}:{self.api_port}"

    def service_url(self, service: str) -> str:
        """With which address a service connects to the database."""
        return (self.layout.secrets / f"{service}_database_url").read_text()


async def make(options: Options, environ: Mapping[str, str]) -> Plan:
    """Decide, and write down what the services read: ports to keep, secrets as files."""
    ports.check(options.port, option="--port")
    ports.check(options.mqtt_port, option="--mqtt-port")
    layout = Layout(options.data.resolve())
    for folder in (layout.logs, layout.mail):
        folder.mkdir(mode=0o700, exist_ok=True)
    chosen = await _ports(layout, options)
    secrets = SecretFiles(layout.secrets)
    secrets.keep("api_people_key", sealed_box.new_key)
    secrets.keep("api_sharing_key")
    secrets.keep("api_seal_key", sealed_box.new_key)
    secrets.keep("link_key", sealed_box.new_key)
    secrets.keep("push_key", sealed_box.new_key)
    postgres = Postgres(layout.postgres, chosen["postgres"], secrets.keep("owner_password"))
    secrets.put("migrate_database_url", postgres.url)
    for service in SERVICES:
        password = secrets.keep(f"{service}_database_password")
        url = postgres.url_of(f"giamsat_{service}", password)
        secrets.put(f"{service}_database_url", url)
    return Plan(
        options=options,
        layout=layout,
        postgres=postgres,
        broker=Broker(layout.mosquitto, options.host, chosen["mqtt"]),
        broker_passwords=PlatformPasswords(
            ingest=secrets.keep("ingest_mqtt_password"),
            registry=secrets.keep("api_mqtt_password"),
        ),
        admin_password=secrets.keep("admin_password", typed),
        api_port=chosen["console"],
        health_ports={name: chosen[name] for name in (*options.ingest_names, *WATCHED)},
        mail_port=None if environ.get("ALERTS_SMTP_HOST") else chosen["mail"],
        environ=environ,
    )


async def _ports(layout: Layout, options: Options) -> dict[str, int]:
    """Links in mails keep the console's port, devices the broker's, and tools the database's."""
    before = ports.remembered(layout.ports)
    hosts = {"console": options.host, "mqtt": options.host, "postgres": LOOPBACK}
    chosen: dict[str, int] = {}
    if options.port:
        chosen["console"] = ports.asked_for(options.host, options.port, option="--port")
    if options.mqtt_port:
        chosen["mqtt"] = ports.asked_for(options.host, options.mqtt_port, option="--mqtt-port")
    elif options.mqtt_port is None and ports.is_free(options.host, DEFAULT_MQTT_PORT):
        before = {"mqtt": DEFAULT_MQTT_PORT, **before}
    for name in hosts.keys() - chosen.keys():
        others = chosen.values()
        chosen[name] = await ports.as_before(hosts[name], before.get(name), besides=others)
    ports.remember(layout.ports, chosen)
    # What listens on ports that nobody has to know beforehand.
    for name in (*options.ingest_names, *WATCHED, "mail"):
        chosen[name] = ports.any_free(LOOPBACK, besides=chosen.values())
    return chosen
