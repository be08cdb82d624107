"""The command `giamsat`."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console

from services.cli.layout import Layout
from services.cli.plan import Options
from services.cli.simulate import command as simulation
from services.cli.units import command as units_command
from shared.runtime.errors import GiamsatError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="Giám sát 24 giờ: proves that every centre caring for children is really watched.",
)
administrators = typer.Typer(no_args_is_help=True, help="Administrators.")
app.add_typer(administrators, name="admin")
people = typer.Typer(no_args_is_help=True, help="People whom nobody in the console can help.")
app.add_typer(people, name="people")
console = Console(highlight=False)
complaints = Console(highlight=False, stderr=True)

app.command("simulate")(simulation.simulate)
app.command("verify-coverage")(simulation.verify_coverage)
demo_province = typer.Typer(no_args_is_help=True, help="Make trouble in the demo's province.")
app.add_typer(demo_province, name="demo")
app.add_typer(units_command.app, name="units")
T = TypeVar("T")
Data = Annotated[Path, typer.Option("--data", help="The folder that holds everything.")]
DEFAULT_DATA = Path("var")


@app.command()
def up(
    data: Data = DEFAULT_DATA,
    port: Annotated[int, typer.Option(help="Of the console; 0 takes any free one.")] = 8080,
    mqtt_port: Annotated[int | None, typer.Option(help="Of the broker; 0 for any.")] = None,
    host: Annotated[str, typer.Option(help="Where console and broker listen.")] = "127.0.0.1",
    admin: Annotated[str, typer.Option(help="The first administrator.")] = "admin@giamsat.example",
    demo: Annotated[bool, typer.Option("--demo", help="With a province to look at.")] = False,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that share ingest.")] = 1,
) -> None:
    """Start everything on this machine, and keep it running."""
    from services.cli import foreground  # noqa: PLC0415 - the other commands start without it

    options = Options(data, host, port, mqtt_port, admin, is_demo=demo, workers=workers)
    raise typer.Exit(foreground.up(options, console, complaints))


@app.command()
def discover(
    interface: Annotated[str, typer.Option(help="This machine's address on that network.")] = "",
    wait_s: Annotated[float, typer.Option("--wait", min=0.1, max=60, help="Seconds.")] = 4,
    as_csv: Annotated[bool, typer.Option("--csv", help="As a file to import.")] = False,
) -> None:
    """Find the ONVIF cameras on the network of this machine. Nothing is opened or changed there."""
    from services.cli import discovery  # noqa: PLC0415 - the other commands start without it
    from services.edge.discovery import discover as look  # noqa: PLC0415

    found = _in_words(look(interface=interface, wait_s=wait_s))
    if as_csv:
        typer.echo(discovery.csv_of(found), nl=False)
    else:
        console.print(discovery.table_of(found))


@app.command()
def status(data: Data = DEFAULT_DATA) -> None:
    """Show what runs here, and how it is."""
    from services.cli import status as state  # noqa: PLC0415

    raise typer.Exit(0 if _in_words(state.show(console, data)) else 1)


@app.command()
def migrate() -> None:
    """Bring the database of MIGRATE_DATABASE_URL to the newest schema."""
    from services.cli import containers  # noqa: PLC0415

    _in_words(containers.migrate())


@app.command()
def verify(
    data: Data = DEFAULT_DATA,
    database_url: Annotated[
        str | None, typer.Option(help="Else that of the folder, or MIGRATE_DATABASE_URL.")
    ] = None,
    heads: Annotated[
        Path | None, typer.Option(help="Heads kept elsewhere, one a line; else the folder's.")
    ] = None,
    key: Annotated[
        list[str] | None, typer.Option(help="A public key to trust, in hex; may be repeated.")
    ] = None,
) -> None:
    """Check that nobody changed the access log: 1 if it is not what was written."""
    from services.cli.verify import command  # noqa: PLC0415

    is_good, lines = _in_words(
        command.verify(data, database_url=database_url, heads=heads, keys=key or [])
    )
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)
    raise typer.Exit(0 if is_good else 1)


@app.command()
def explain(
    incident: Annotated[int, typer.Argument(min=1, help="Its number, as its page shows it.")],
    data: Data = DEFAULT_DATA,
    database_url: Annotated[
        str | None, typer.Option(help="Else that of the folder, or MIGRATE_DATABASE_URL.")
    ] = None,
    language: Annotated[str, typer.Option(help="vi or en.")] = "vi",
) -> None:
    """Tell an incident: every decision about it, and why. Nobody is named by address."""
    from services.cli.explain import command  # noqa: PLC0415

    lines = command.explain(incident, data, database_url=database_url, language=language)
    for line in _in_words(lines):
        console.print(line, markup=False, soft_wrap=True)


@app.command()
def maintain(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be done.")
    ] = False,
) -> None:
    """Make the months ahead, and let go what is past its time, in MIGRATE_DATABASE_URL."""
    from services.cli.maintain import once  # noqa: PLC0415

    for line in _in_words(once.preview() if dry_run else once.run()):
        print(line)


@app.command("broker-config")
def broker_config(
    out: Annotated[Path, typer.Option(help="The broker's own folder; it keeps its state there.")],
    host: Annotated[str, typer.Option(help="Where it listens.")] = "0.0.0.0",  # noqa: S104
    port: int = 1883,
    plugin: Annotated[Path | None, typer.Option(help="The dynamic security plugin.")] = None,
) -> None:
    """Write Mosquitto's configuration, and whom it admits, from the registry."""
    from services.cli import containers  # noqa: PLC0415

    _in_words(containers.write_broker_files(out, host=host, port=port, plugin=plugin))


@administrators.command("create")
def create_administrator(email: str) -> None:
    """Add an administrator; the password is printed this once."""
    from services.cli import containers  # noqa: PLC0415

    print(_in_words(containers.create_administrator(email)))


@people.command("reset")
def reset_person(email: str) -> None:
    """Print a link with which somebody begins anew; it is good for three days and once."""
    from services.cli import people as helping  # noqa: PLC0415

    print(_in_words(helping.reset(email)))


@people.command("disable")
def disable_person(email: str) -> None:
    """Close an account at once, with every session of it."""
    from services.cli import people as helping  # noqa: PLC0415

    _in_words(helping.disable(email))


@demo_province.command("seed")
def demo_seed(data: Data = DEFAULT_DATA) -> None:
    """Fill the empty database of MIGRATE_DATABASE_URL with the province, and say who may log in."""
    from services.cli import containers  # noqa: PLC0415

    for email, password in _in_words(containers.seed_demo(data)).items():
        print(f"{email}  {password}")


@demo_province.command("status")
def demo_status(data: Data = DEFAULT_DATA) -> None:
    """Show what is in trouble."""
    _trouble(data, "status", None)


@demo_province.command("cut")
def demo_cut(facility: str, data: Data = DEFAULT_DATA) -> None:
    """Cut a facility's link: the watch goes on, and is told afterwards."""
    _trouble(data, "cut", facility)


@demo_province.command("kill")
def demo_kill(device: str, data: Data = DEFAULT_DATA) -> None:
    """Stop a device (FACILITY/DEVICE): what it does not watch stays unwatched."""
    _trouble(data, "kill", device)


@demo_province.command("cover")
def demo_cover(camera: str, data: Data = DEFAULT_DATA) -> None:
    """Cover a camera's view (FACILITY/CAMERA)."""
    _trouble(data, "cover", camera)


@demo_province.command("restore")
def demo_restore(
    facility: Annotated[str | None, typer.Argument()] = None, data: Data = DEFAULT_DATA
) -> None:
    """Let everything work again, in one facility or everywhere."""
    _trouble(data, "restore", facility)


def _trouble(data: Path, deed: str, to: str | None) -> None:
    from services.cli.demo import control  # noqa: PLC0415

    order = control.Order(control.Deed(deed), to)
    console.print(
        _in_words(control.ask(Layout(data).demo_socket, order)), markup=False, soft_wrap=True
    )


def _in_words(work: Coroutine[Any, Any, T]) -> T:
    """Run a command; what goes wrong on purpose is said in one line."""
    try:
        return asyncio.run(work)
    except (GiamsatError, OSError) as fault:
        complaints.print(str(fault), style="red", markup=False, soft_wrap=True)
        raise typer.Exit(1) from fault


if __name__ == "__main__":
    app()
