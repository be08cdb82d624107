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
from typing import Any, Final

import psutil
from rich.console import Console
from rich.table import Table

from services.cli.broker import find_binary
from services.cli.postgres import BINARIES

RESULTS: Final = Path("bench/results.json")
#: Each has `measure() -> dict[str, float]`.
GROUPS: Final = {
    "vision": "tests.bench.vision",
    "alerts": "tests.bench.alerts",
    "alerts-told": "tests.bench.alerts_told",
    "api": "tests.bench.overview",
    "storage": "tests.bench.storage",
    "ingest-rate": "tests.bench.ingest.rate",
    "ingest-workers": "tests.bench.ingest.workers",
    "ingest-gateways": "tests.bench.ingest.gateways",
    "ingest-latency": "tests.bench.ingest.latency",
    "ingest-heal": "tests.bench.ingest.heal",
    "ingest-memory": "tests.bench.ingest.memory",
    "ingest-growth": "tests.bench.ingest.growth",
    "ingest-parts": "tests.bench.ingest.parts",
}
#: All groups whose names begin so.
FAMILIES: Final = ("ingest",)
#: What takes minutes runs only when it is asked for by its own name.
LONG: Final = {"heal-whole": "tests.bench.ingest.heal_whole"}


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
    "ingest.ratio_to_plain_consumer": Budget("≥", 10),
    "ingest.cpu_us_per_heartbeat": Budget("≤", 12),
    "ingest.attestations_per_s_16": Budget("≥", 150_000),
    "ingest.flood_p99_ratio": Budget("≤", 2),
    "ingest.heal_cumulative_s": Budget("≤", 10),
    "ingest.rss_mb_100k": Budget("≤", 300),
    "alerts.tick_ms_10k": Budget("≤", 50),
    "alerts.tick_ms_100k": Budget("≤", 500),
    "alerts.told_beyond_hold_p99_s": Budget("≤", 1),
    "api.overview_p99_ms": Budget("≤", 50),
    "api.page_p99_ms": Budget("≤", 150),
    "storage.bytes_per_quiet_device_day": Budget("≤", 300),
    "vision.ms_per_frame": Budget("≤", 2),
    "vision.cameras_per_core_1fps": Budget("≥", 200),
}


def main() -> int:
    """Measure, keep and show; the exit code is 1 if a group could not be measured."""
    parser = argparse.ArgumentParser(prog="tests.bench", description=__doc__)
    choices = [*GROUPS, *FAMILIES, *LONG]
    parser.add_argument("--only", choices=choices, help="a group; the others keep their figures")
    groups = chosen(parser.parse_args().only)
    console = Console(highlight=False)
    kept = json.loads(RESULTS.read_text()).get("groups", {}) if RESULTS.exists() else {}
    failed: list[str] = []
    for group, module in groups.items():
        console.print(f"[dim]measuring {group} …[/]")
        kept.pop(group, None)
        around = machine()
        try:
            figures = importlib.import_module(module).measure()
            kept[group] = {"figures": figures, "machine": around}
        except (Exception, SystemExit):  # noqa: BLE001 - the other groups are measured all the same
            traceback.print_exc(file=sys.stderr)
            failed.append(group)
        keep(kept)
    show(console, kept)
    if failed:
        console.print(f"Could not be measured: {', '.join(failed)}", style="red")
    return 1 if failed else 0


def chosen(only: str | None) -> dict[str, str]:
    """The modules of the groups to measure."""
    if only is None:
        return GROUPS
    if only in LONG:
        return {only: LONG[only]}
    return {name: module for name, module in GROUPS.items() if f"{name}-".startswith(f"{only}-")}


def show(console: Console, kept: Mapping[str, Any]) -> None:
    console.print(
        table({key: value for one in kept.values() for key, value in one["figures"].items()})
    )
    for group, one in kept.items():
        facts = ", ".join(f"{what} {value}" for what, value in one["machine"].items())
        console.print(f"[dim]{group}: {facts}[/]")


def keep(groups: Mapping[str, Any]) -> None:
    """Each group with what was around it, for the load differs from one to the next."""
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps({"groups": groups}, indent=2) + "\n")


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
