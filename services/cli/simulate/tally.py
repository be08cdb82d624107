"""What a run has sent and what became of it, in figures a person reads."""

from collections import Counter
from dataclasses import dataclass, field

from services.cli.simulate.outbox import Outbox
from services.cli.simulate.pace import Lateness


@dataclass(slots=True)
class Tally:
    """Counts of messages. `attested` counts what they say of single devices."""

    sent: int = 0
    attested: int = 0
    lost: int = 0
    again: int = 0
    #: By the broker's reason code, each time it did not take one.
    undelivered: Counter[int] = field(default_factory=Counter)
    acknowledged: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    lateness: Lateness = field(default_factory=Lateness)

    def progress(self, outbox: Outbox, *, after_s: float) -> str:
        """One line."""
        rate = self.sent / after_s if after_s > 0 else 0.0
        return (
            f"{after_s:7.1f} s  {self.sent:,} sent ({rate:,.0f}/s)  {outbox.delivered:,} delivered"
            f"  {self.acknowledged:,} acknowledged  {len(outbox):,} open"
            f"  late p99 {_ms(self.lateness.quantile_us(0.99))}"
        )

    def summary(self, outbox: Outbox) -> list[str]:
        late = self.lateness
        lines = [
            f"sent          {self.sent:,} messages, {self.attested:,} attestations",
            f"delivered     {outbox.delivered:,}",
            f"acknowledged  {self.acknowledged:,}",
            f"sent late     p50 {_ms(late.quantile_us(0.5))}  p99 {_ms(late.quantile_us(0.99))}"
            f"  most {_ms(late.most_us)}",
        ]
        lines += [
            f"undelivered   {count:,} with reason code 0x{code:02X}"
            for code, count in sorted(self.undelivered.items())
        ]
        lines += [f"refused       {count:,} {why}" for why, count in sorted(self.refused.items())]
        others = {
            "lost          {:,} on their way, as planned": self.lost,
            "sent again    {:,}": self.again,
            "open          {:,} at the end": len(outbox),
            "given up      {:,}: too many were open": outbox.given_up,
        }
        return lines + [words.format(count) for words, count in others.items() if count]


def _ms(us: int) -> str:
    return f"{us / 1000:,.1f} ms"
