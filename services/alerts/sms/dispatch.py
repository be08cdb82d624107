"""Hands one message to the first gateway that takes it, in the order that its history demands."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from services.alerts.deliver.channel import Accepted, ChannelError
from services.alerts.sms import metrics
from services.alerts.sms.gateway import Fault, GatewayError, ShortMessage, SmsGateway
from services.alerts.sms.words import Letter, composed, key_of
from shared.domain.sms_failover import Try, route, was_taken
from shared.runtime import logging

log = logging.get(__name__)

#: A gateway that did not work is tried last for so long, at least.
REST: Final = timedelta(seconds=30)
#: Told before a gateway is asked, so that it is on record whom we asked if we die over it.
Before = Callable[[str], Awaitable[None]]


class Dispatch:
    """The gateways in the order of the settings; those that failed lately come last."""

    def __init__(
        self, gateways: Sequence[SmsGateway], *, now: Callable[[], datetime], most_segments: int
    ) -> None:
        self._gateways = {gateway.name: gateway for gateway in gateways}
        self._now = now
        self._most_segments = most_segments
        self._rests_until: dict[str, datetime] = {}

    async def send(self, letter: Letter, tries: Sequence[Try], before: Before) -> Accepted:
        """Raises ChannelError if none took it, or if one may have and its answer is lost.

        What one has taken and not reported is tried once more with the others, not for ever: it
        is awaited even from one that promises no reports, since the first may still report.
        """
        now, is_once_more = self._now(), was_taken(tries)
        chosen = route(
            {name: gateway.traits.is_keyed for name, gateway in self._gateways.items()},
            tries,
            resting=frozenset(name for name, until in self._rests_until.items() if until > now),
            now=now,
        )
        refusals: dict[str, GatewayError] = {}
        for name in chosen.gateways:
            await before(name)
            try:
                taken = await self._handed(letter, name, may_repeat=name in chosen.may_repeat)
            except GatewayError as exc:
                self._failed(name, exc)
                if exc.fault is Fault.UNKNOWN:
                    raise ChannelError(
                        exc.detail, retryable=True, may_have_arrived=True, provider=name
                    ) from exc
                refusals[name] = exc
            else:
                return replace(taken, receipt_expected=taken.receipt_expected or is_once_more)
        raise _nobody_else(refusals) if is_once_more else _nobody(refusals)

    async def close(self) -> None:
        for gateway in self._gateways.values():
            await gateway.close()

    async def _handed(self, letter: Letter, name: str, *, may_repeat: bool) -> Accepted:
        gateway = self._gateways[name]
        text = composed(letter, gateway.traits, may_repeat=may_repeat, most=self._most_segments)
        message = ShortMessage(letter.number, text, key_of(letter.message_id))
        taken = await gateway.send(message)
        metrics.HANDED_OVER.labels(name, "repeat" if taken.is_repeat else "taken").inc()
        if self._rests_until.pop(name, None) is not None:
            log.info("sms_gateway_recovered", gateway=name)
        return Accepted(name, taken.ref, receipt_expected=gateway.traits.promises_receipts)

    def _failed(self, name: str, fault: GatewayError) -> None:
        metrics.HANDED_OVER.labels(name, fault.fault).inc()
        if not fault.retryable:
            return
        if name not in self._rests_until:
            log.warning("sms_gateway_failed", gateway=name, fault=fault.fault, detail=fault.detail)
        self._rests_until[name] = self._now() + max(REST, fault.wait)


def _nobody_else(refusals: dict[str, GatewayError]) -> ChannelError:
    """One has taken it: the number is none that nobody takes, and other channels are waiting."""
    return ChannelError(_told(refusals), retryable=False, provider=next(reversed(refusals), None))


def _nobody(refusals: dict[str, GatewayError]) -> ChannelError:
    """Later, if any of them may take it then; else never."""
    hopeful = [fault for fault in refusals.values() if fault.retryable]
    return ChannelError(
        _told(refusals),
        retryable=bool(hopeful) or not refusals,
        wait=min((fault.wait for fault in hopeful), default=timedelta(0)),
        is_address_bad=bool(refusals)
        and all(fault.fault is Fault.NUMBER for fault in refusals.values()),
        provider=next(reversed(refusals), None),
    )


def _told(refusals: dict[str, GatewayError]) -> str:
    told = "; ".join(f"{name}: {fault.detail}" for name, fault in refusals.items())
    return told or "no gateway"
