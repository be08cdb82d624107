"""Writes down what is true, hands on what is due, and writes down what became of it.

The order is the guarantee: a message is in the truth file before it is on any connection.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from services.cli.simulate import truth
from services.cli.simulate.dialects.base import Encode, Moment, Published
from services.cli.simulate.lines import Line
from services.cli.simulate.options import DialectName
from services.cli.simulate.outbox import DELIVERED, Letter, Outbox
from services.cli.simulate.plan import Begun, Step
from services.cli.simulate.speech import Send
from services.cli.simulate.tally import Tally
from shared.contracts.acknowledgement import Acknowledged, folded
from shared.runtime.mqtt_session import MqttError

MOST_AGAIN_AT_ONCE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message as it was written down, ready to go."""

    letter: Letter
    messages: Published


class Desk:
    """All messages of a run pass here."""

    def __init__(
        self,
        write: Callable[[Sequence[truth.Line]], None],
        encoders: Mapping[DialectName, Encode],
        moment: Moment,
        *,
        clock_us: Callable[[], int],
        wants_acks: bool,
    ) -> None:
        self._write = write
        self._encoders = encoders
        self._moment = moment
        self._clock_us = clock_us
        self._wants_acks = wants_acks
        self._answers: dict[int, list[int]] = {}
        self._acknowledged: list[int] = []
        self._refused: list[tuple[int, str]] = []
        self._n = 0
        self._line_of: dict[str, int] = {}
        self.lines: list[Line] = []
        self.heard_nonce = asyncio.Event()
        #: Set by `tend` when nothing is open.
        self.is_settled = asyncio.Event()
        self.outbox = Outbox()
        self.tally = Tally()

    def seat(self, lines: Sequence[Line], facilities: Sequence[Sequence[str]]) -> None:
        """Which connection is each facility's."""
        self.lines = list(lines)
        for number, codes in enumerate(facilities):
            self._line_of.update(dict.fromkeys(codes, number))

    # -- out -------------------------------------------------------------------------------

    def has_room(self, send: Send) -> bool:
        """Whether the broker allows one more on that connection; then the place is promised."""
        line = self.lines[self._line_of[send.voice.facility]]
        if line.room <= 0:
            return False
        line.promised += 1
        return True

    def post(self, steps: Sequence[Step], now_us: int) -> None:
        """All of these, in this order."""
        self._moment.now_us = now_us
        written: list[truth.Line] = []
        outgoing: list[Outgoing] = []
        for step in steps:
            if isinstance(step, Begun):
                written.append(self._watched(step))
                continue
            self._n += 1
            if step.is_lost:
                written.append(self._lost(step))
            else:
                one = self._prepared(step)
                written.append(self._sent(step, one))
                outgoing.append(one)
        self._write(written)
        for one in outgoing:
            self.lines[one.letter.line].promised -= 1
            self.outbox.put(one.letter)
            self._publish(one.letter, one.messages)

    def tend(self, now_us: int) -> None:
        """Write down what was answered, and say again what should have been acknowledged."""
        self._write(self._news(now_us))
        if not self.outbox:
            self.is_settled.set()
        overdue = self.outbox.overdue(now_us, most=MOST_AGAIN_AT_ONCE)
        self._again([n for n in overdue if self.lines[self.outbox[n].line].room > 0], now_us)

    def _prepared(self, send: Send) -> Outgoing:
        voice = send.voice
        messages = self._encoders[voice.dialect](send, self._moment)
        topic, payload = messages[-1]
        letter = Letter(self._n, self._line_of[voice.facility], topic, payload, self._moment.now_us)
        if self._wants_acks and voice.is_numbered:
            letter.boot = voice.boot(self._moment.start_us, send.boot)
            letter.awaited = set(range(send.seq, send.seq + len(send.claims)))
        self.tally.sent += 1
        self.tally.attested += len(send.claims)
        return Outgoing(letter, messages)

    def _publish(self, letter: Letter, messages: Published) -> None:
        """What cannot go now stays in the outbox, and the next connection takes it."""
        with suppress(MqttError):
            self.lines[letter.line].publish(letter.n, messages)

    def _again(self, numbers: Sequence[int], now_us: int) -> None:
        if not numbers:
            return
        self._write([truth.Again(folded(numbers), now_us)])
        for letter in self.outbox.again(numbers, now_us):
            self.tally.again += 1
            self._publish(letter, [(letter.topic, letter.payload)])

    # -- in: what the lines hear -----------------------------------------------------------

    def on_connected(self, line: int) -> None:
        self._again(self.outbox.unanswered(line), self._clock_us())

    def on_answer(self, n: int, code: int) -> None:
        self._answers.setdefault(code, []).append(n)
        if code != DELIVERED:
            self.tally.undelivered[code] += 1
        self.outbox.answered(n, code)

    def on_acknowledged(self, told: Acknowledged) -> None:
        for one in told.refused:
            self.tally.refused[one.reason] += 1
            if (n := self.outbox.number_of(told.boot, one.seq)) is not None:
                self._refused.append((n, one.reason))
        done = self.outbox.acknowledged(told)
        self.tally.acknowledged += len(done)
        self._acknowledged += done

    def on_nonce(self, nonce: str) -> None:
        self._moment.nonce = nonce
        self.heard_nonce.set()

    # -- the lines of the truth file -------------------------------------------------------

    def _watched(self, begun: Begun) -> truth.Line:
        start_us, watch = self._moment.start_us, begun.watch
        return truth.Watched(
            begun.device.number, start_us + watch.start_us, start_us + watch.end_us, watch.state
        )

    def _lost(self, send: Send) -> truth.Line:
        self.tally.lost += 1
        return truth.Lost(
            self._n, send.voice.number, self._moment.start_us + send.at_us, self._from_us(send)
        )

    def _sent(self, send: Send, one: Outgoing) -> truth.Line:
        return truth.Sent(
            n=self._n,
            voice=send.voice.number,
            topic=one.letter.topic,
            seq=(send.seq, send.seq + len(send.claims) - 1),
            at_us=self._moment.start_us + send.at_us,
            sent_us=self._moment.now_us,
            from_us=self._from_us(send),
            clock_us=send.errors_us if any(send.errors_us) else None,
        )

    def _from_us(self, send: Send) -> int | None:
        return self._moment.start_us + send.from_us if send.voice.is_cumulative else None

    def _news(self, now_us: int) -> list[truth.Line]:
        news: list[truth.Line] = [
            truth.Answered(folded(numbers), code, now_us)
            for code, numbers in sorted(self._answers.items())
        ]
        if self._acknowledged or self._refused:
            refused = tuple(self._refused)
            news.append(truth.Acknowledged(folded(self._acknowledged), now_us, refused))
        self._answers, self._acknowledged, self._refused = {}, [], []
        return news

    def ended(self, now_us: int) -> None:
        """The last line: in order."""
        self._write(self._news(now_us))
        tally, delivered = self.tally, self.outbox.delivered
        self._write([truth.End(now_us, tally.sent, delivered, tally.acknowledged)])
