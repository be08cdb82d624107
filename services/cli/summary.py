"""What a person reads when everything is up."""

from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from services.cli.run_file import Running

#: What it is worth trying in the demo, and what comes of it.
TRIALS = (
    ("kill hoa-sen/cam-2", "unplug a camera"),
    ("cover hoa-sen/cam-1", "hold a hand before one that judges its own pictures"),
    ("cut hoa-mai", "cut a link; the watch goes on, and is told afterwards"),
    ("restore", "put everything right"),
)


def show(
    console: Console, running: Running, *, data: Path, after_s: float, mail_server: str | None
) -> None:
    for line in _lines(running, data, after_s, mail_server):
        console.print(line, soft_wrap=True)


def _lines(running: Running, data: Path, after_s: float, mail_server: str | None) -> Iterator[str]:
    yield ""
    yield f"[bold]Giám sát 24 giờ[/]  [dim]ready after {after_s:.1f} s[/]"
    yield ""
    yield f"  [bold cyan]{running.console_url}[/]"
    yield ""
    people = {**running.users, "SYS_ADMIN": running.admin}
    for role, person in people.items():
        yield f"  [dim]{role:<17}[/]{person.email:<31}{escape(person.password)}"
    yield ""
    if running.users:
        option = "" if data == Path("var") else f" --data {data}"
        for words, meaning in TRIALS:
            command = f"giamsat demo {words}{option}"
            yield f"  [dim]{meaning}[/]\n      {escape(command)}"
        yield ""
    yield f"  [dim]devices[/]  mqtt://{running.mqtt.host}:{running.mqtt.port}"
    yield f"  [dim]mail[/]     {escape(_mail(running, mail_server))}"
    yield f"  [dim]logs[/]     {escape(str(data / 'log'))}"
    yield "  [dim]stop[/]     Ctrl-C"
    yield ""


def _mail(running: Running, server: str | None) -> str:
    """Nobody should wait for mail that is only kept; in the demo, everybody is invented."""
    if server:
        return f"sent through {server}"
    if running.users:
        return running.mail_dir
    return f"only kept, in {running.mail_dir}; set ALERTS_SMTP_HOST to really send it"
