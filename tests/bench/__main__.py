"""Measures what the budgets promise: `python -m tests.bench`, or one group with `--only`."""

import argparse
import importlib
import json
import operator
import os
import platform
import subprocess
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil
from rich.console import Console
from rich.table import Table

from services.cli.broker import find_binary
from services.cli.postgres import BINARIES

RESULTS: Final = Path("bench/results.json")
#: Each has `measure() -> dict[str, float]`, whose keys begin with the group's name.
GROUPS: Final = {
    "vision": "tests.bench.vision",
    "alerts": "tests.bench.alerts",
    "api": "tests.bench.overview",
    "storage": "tests.bench.storage",
    "ingest": "tests.bench.ingest",
}


@dataclass(frozen=True, slots=True)
class Budget:
    """What a figure has to be."""

    sign: str
    limit: float

    def is_kept_by(self, figure: float) -> bool:
        compare: Callable[[float, float], bool] = {"≤": operator.le, "≥": operator.ge}[self.sign]
        return compare(figure, self.limit)

    def __str__(self) -> str:
        return f"{self.sign} {self.limit:,g}"


#: For two cores, everything on one machine. A figure without a budget only explains another.
BUDGETS: Final = {
    "ingest.ratio_to_mosquitto_sub": Budget("≥", 0.8),
    "ingest.cpu_us_per_heartbeat": Budget("≤", 12),
    "ingest.attestations_per_s": Budget("≥", 150_000),
    "alerts.tick_ms_10k": Budget("≤", 50),
    "alerts.tick_ms_100k": Budget("≤", 500),
    "api.overview_p99_ms": Budget("≤", 50),
    "api.page_p99_ms": Budget("≤", 150),
    "storage.bytes_per_quiet_device_day": Budget("≤", 300),
    "vision.ms_per_frame": Budget("≤", 2),
    "vision.cameras_per_core_1fps": Budget("≥", 200),
}


def main() -> int:
    """Measure, keep and show; the exit code is 1 if a group could not be measured."""
    parser = argparse.ArgumentParser(prog="tests.bench", description=__doc__)
    parser.add_argument("--only", choices=GROUPS, help="one group; the others keep their figures")
    only: str | None = parser.parse_args().only
    console = Console(highlight=False)
    stored = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    figures: dict[str, float] = stored.get("figures", {})
    failed: list[str] = []
    around = machine()
    for group in [only] if only else GROUPS:
        console.print(f"[dim]measuring {group} …[/]")
        figures = {key: value for key, value in figures.items() if not key.startswith(f"{group}.")}
        try:
            figures |= importlib.import_module(GROUPS[group]).measure()
        except (Exception, SystemExit):  # noqa: BLE001 - the other groups are measured all the same
            traceback.print_exc(file=sys.stderr)
            failed.append(group)
        keep(figures, around)
    console.print(table(figures))
    console.print(f"[dim]{', '.join(f'{what} {value}' for what, value in around.items())}[/]")
    if failed:
        console.print(f"Could not be measured: {', '.join(failed)}", style="red")
    return 1 if failed else 0


def keep(figures: Mapping[str, float], around: Mapping[str, object]) -> None:
    RESULTS.parent.mkdir(exist_ok=True)
    kept = {"figures": dict(sorted(figures.items())), "machine": around}
    RESULTS.write_text(json.dumps(kept, indent=2) + "\n")


def machine() -> dict[str, object]:
    """What the figures are worth nothing without; the load is that before we began."""
    return {
        "cores": psutil.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "python": platform.python_version(),
        "postgres": _first_line(str(BINARIES / "postgres"), "--version"),
        "mosquitto": _first_line(find_binary(), "-h"),
        "load_before": [round(load, 2) for load in os.getloadavg()],
    }


def _first_line(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.partition("\n")[0].strip()


def table(figures: Mapping[str, float]) -> Table:
    shown = Table("key", box=None, pad_edge=False)
    for column in ("figure", "budget"):
        shown.add_column(column, justify="right")
    shown.add_column("verdict")
    for key, figure in sorted(figures.items()):
        budget = BUDGETS.get(key)
        shown.add_row(key, f"{figure:,.2f}", str(budget or ""), _verdict(budget, figure))
    return shown


def _verdict(budget: Budget | None, figure: float) -> str:
    if budget is None:
        return ""
    return "[green]kept[/]" if budget.is_kept_by(figure) else "[red]missed[/]"


if __name__ == "__main__":
    sys.exit(main())
