"""`giamsat status`: what runs here, and how it is."""

import asyncio
from pathlib import Path
from urllib.parse import urlsplit

import psutil
from rich.console import Console
from rich.table import Table

from services.cli import probes, run_file
from services.cli.run_file import Running


async def show(console: Console, data: Path) -> bool:
    """Whether everything is well."""
    running = run_file.read(data / "run.json")
    answers = dict(
        zip(
            running.health,
            await asyncio.gather(*map(_is_ready, running.health.values())),
            strict=True,
        )
    )
    table = Table.grid(padding=(0, 3))
    for name, pid in sorted(running.processes.items()):
        is_well = psutil.pid_exists(pid) and answers.get(name, True)
        word = "[green]running[/]" if is_well else "[red]not ready[/]"
        table.add_row(f"  {name}", word, f"[dim]process {pid}[/]")
    console.print(f"[bold cyan]{running.console_url}[/]")
    console.print(table)
    return _is_all_well(running, answers)


def _is_all_well(running: Running, answers: dict[str, bool]) -> bool:
    return all(answers.values()) and all(map(psutil.pid_exists, running.processes.values()))


async def _is_ready(url: str) -> bool:
    address = urlsplit(url)
    return await probes.is_answering(address.hostname or "", address.port or 80)
