"""What a person reads when everything is up."""

from pathlib import Path

from rich.console import Console
from rich.table import Table

from services.cli.run_file import Running


def show(console: Console, running: Running, *, data: Path, after_s: float) -> None:
    console.print()
    console.print(f"[bold]Giám sát 24 giờ[/]  [dim]ready after {after_s:.1f} s[/]")
    console.print()
    console.print(f"  [bold cyan]{running.console_url}[/]")
    console.print()
    console.print(_log_ins(running))
    console.print()
    console.print(_places(running, data))
    console.print()


def _log_ins(running: Running) -> Table:
    table = Table.grid(padding=(0, 3))
    people = {"SYS_ADMIN": running.admin, **running.users}
    for role, person in people.items():
        table.add_row(f"  [dim]{role}[/]", person.email, person.password)
    return table


def _places(running: Running, data: Path) -> Table:
    table = Table.grid(padding=(0, 3))
    table.add_row("  [dim]devices[/]", f"mqtt://{running.mqtt.host}:{running.mqtt.port}")
    table.add_row("  [dim]mail[/]", running.mail_dir)
    table.add_row("  [dim]logs[/]", str(data / "log"))
    if running.users:
        table.add_row("  [dim]trouble[/]", "giamsat demo status · cut · kill · cover · restore")
    table.add_row("  [dim]stop[/]", "Ctrl-C")
    return table
