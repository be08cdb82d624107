"""What fault runs count, for their report."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Casebook:
    """`stuck`: the faults after which nothing was acknowledged for too long. `surprises`: what
    nobody did to the system, and it did all the same.
    """

    trials: Counter[str] = field(default_factory=Counter)
    kills: int = 0
    stuck: Counter[str] = field(default_factory=Counter)
    recoveries_s: list[float] = field(default_factory=list)
    surprises: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    held_us: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Casebook") -> None:
        self.trials += other.trials
        self.kills += other.kills
        self.stuck += other.stuck
        self.recoveries_s += other.recoveries_s
        self.surprises += other.surprises
        self.counts += other.counts
        self.refused += other.refused
        self.held_us += other.held_us
