"""The channel of pushes: one message to all browsers of its reader, taken if any of them takes it.

It has arrived when one of them says that it showed it. Whatever stays silent is told otherwise, as
with every message that promised a receipt.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from services.alerts.deliver.channel import Accepted, ChannelError, Claimed
from services.alerts.push import queries, words
from services.alerts.push.queries import Subject
from services.alerts.push.words import Letter
from shared.db.session import reading, unit_of_work
from shared.domain import web_push
from shared.domain.web_push import LASTS, PROVIDER, Answer, Subscription
from shared.runtime.egress import Egress, EgressError
from shared.runtime.web_push import Vapid, WebPushError, encrypted

_MEDIA: Final = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Sender:
    """As whom pushes go out; `key` is behind references and topics as well."""

    vapid: Vapid
    key: bytes
    egress: Egress

    @classmethod
    def of(cls, key: bytes, *, contact: str, egress: Egress) -> "Sender":
        return cls(Vapid.of(key, contact=contact), key, egress)


@dataclass(frozen=True, slots=True)
class Told:
    """What one push service said; `wait`: no sooner again."""

    answer: Answer
    detail: str
    wait: timedelta = timedelta(0)


class PushChannel:
    """A Carrier. Without a sender it takes nothing: what was asked for before ends."""

    def __init__(
        self, engine: AsyncEngine, sender: Sender | None, *, now: Callable[[], datetime]
    ) -> None:
        self._engine = engine
        self._sender = sender
        self._now = now

    async def send(self, claimed: Claimed) -> Accepted:
        """Raises ChannelError."""
        if self._sender is None:
            raise ChannelError("no key to push with is set", retryable=False, provider=PROVIDER)
        async with reading(self._engine) as connection:
            browsers = await queries.browsers(connection, claimed)
            subject = await queries.subject(connection, claimed)
        told = await _to_all(self._sender, claimed, subject, browsers, now=self._now())
        gone = [to.endpoint for to, one in zip(browsers, told, strict=True) if _is_gone(one)]
        if gone:
            async with unit_of_work(self._engine) as connection:
                await queries.flag(connection, gone, now=self._now())
        if any(one.answer is Answer.TAKEN for one in told):
            ref = web_push.reference(claimed.message_id, key=self._sender.key)
            return Accepted(PROVIDER, web_push.recorded(ref), receipt_expected=True)
        raise _nobody(told)

    async def rest(self) -> None:
        """No connection is kept."""

    async def drop(self) -> None:
        """No connection is kept."""


async def _to_all(
    sender: Sender,
    claimed: Claimed,
    subject: Subject | None,
    browsers: Sequence[Subscription],
    *,
    now: datetime,
) -> list[Told]:
    """All at once: they are few, and one that is slow holds up no other."""
    tag = web_push.topic(claimed.incident_id, claimed.message_id, key=sender.key)
    ref = web_push.reference(claimed.message_id, key=sender.key)
    content = words.payload(Letter(claimed, subject, tag, ref))
    headers = {
        "Content-Type": _MEDIA,
        "Content-Encoding": "aes128gcm",
        "TTL": str(int(LASTS.total_seconds())),
        "Urgency": web_push.urgency(claimed.kind, subject.severity if subject else None),
        "Topic": tag,
    }
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(_to_one(sender, to, content, headers, now=now)) for to in browsers
        ]
    return [task.result() for task in tasks]


async def _to_one(
    sender: Sender, to: Subscription, content: bytes, headers: dict[str, str], *, now: datetime
) -> Told:
    own = {**headers, "Authorization": sender.vapid.authorization(to.endpoint, now=now)}
    try:
        answer = await sender.egress.post(to.endpoint, encrypted(content, to), headers=own)
    except EgressError as exc:
        return Told(Answer.LATER if exc.retryable else Answer.REFUSED, str(exc))
    except WebPushError as exc:
        return Told(Answer.REFUSED, str(exc))
    wait = web_push.wait_after(answer.retry_after, now=now)
    return Told(web_push.judged(answer.status), f"it answered {answer.status}", wait)


def _is_gone(told: Told) -> bool:
    return told.answer is Answer.GONE


def _nobody(told: Sequence[Told]) -> ChannelError:
    """Later, if any of them may take it then. Their addresses are flagged one by one."""
    hopeful = [one.wait for one in told if one.answer is Answer.LATER]
    return ChannelError(
        "; ".join(dict.fromkeys(one.detail for one in told)) or "no browser is left",
        retryable=bool(hopeful),
        wait=min(hopeful, default=timedelta(0)),
        provider=PROVIDER,
    )
