"""What a run has sent and what became of it, in figures a person reads."""

from collections import Counter
from dataclasses import dataclass, field

from services.cli.simulate.outbox import DELIVERED
from services.cli.simulate.pace import Lateness


@dataclass(slots=True)
class Tally:
    """Counts of messages. `attested` counts what they say of single devices."""

    sent: int = 0
    attested: int = 0
    lost: int = 0
    again: int = 0
    answers: Counter[int] = field(default_factory=Counter)
    acknowledged: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    lateness: Lateness = field(default_factory=Lateness)

    @property
    def delivered(self) -> int:
        return self.answers[DELIVERED]

    def progress(self, *, after_s: float, open_letters: int) -> str:
        """One line."""
        rate = self.sent / after_s if after_s > 0 else 0.0
        return (
            f"{after_s:7.1f} s  {self.sent:,} sent ({rate:,.0f}/s)  {self.delivered:,} delivered"
            f"  {self.acknowledged:,} acknowledged  {open_letters:,} open"
            f"  late p99 {_ms(self.lateness.quantile_us(0.99))}"
        )

    def summary(self) -> list[str]:
        undelivered = {code: n for code, n in sorted(self.answers.items()) if code != DELIVERED}
        late = self.lateness
        lines = [
            f"sent          {self.sent:,} messages, {self.attested:,} attestations",
            f"delivered     {self.delivered:,}",
            f"acknowledged  {self.acknowledged:,}",
            f"sent late     p50 {_ms(late.quantile_us(0.5))}  p99 {_ms(late.quantile_us(0.99))}"
            f"  most {_ms(late.most_us)}",
        ]
        for code, count in undelivered.items():
            lines.append(f"undelivered   {count:,} with reason code 0x{code:02X}")
        for reason, count in sorted(self.refused.items()):
            lines.append(f"refused       {count:,} {reason}")
        if self.lost:
            lines.append(f"lost on the way, as planned   {self.lost:,}")
        if self.again:
            lines.append(f"sent again    {self.again:,}")
        return lines


def _ms(us: int) -> str:
    return f"{us / 1000:,.1f} ms"
