"""One connection of one post, from beginning to end."""

from collections.abc import Callable, Sequence
from functools import partial

from services.ingest.canary import BLIND_AFTER_US
from services.ingest.post import Post
from services.ingest.settings import Settings
from shared.contracts import topics
from shared.runtime.mqtt_session import Login, MqttSession

#: Post, topic, payload, packet id, whether it was retained.
Receive = Callable[[Post, str, bytes, int | None, bool], None]

#: Shared between all workers: the broker hands each message to one of them.
FILTERS: Sequence[str] = tuple(f"$share/ingest/{pattern}" for pattern in topics.INGEST_FILTERS)


async def connected(post: Post, settings: Settings, receive: Receive) -> bool:
    """Connect a post's session; True if the broker still had it. Raises MqttError."""
    session = MqttSession(partial(receive, post), post.hear_answer)
    login = Login(
        settings.mqtt_host,
        settings.mqtt_port,
        client_id=f"giamsat-ingest-{post.slot}",
        username=settings.mqtt_username,
        password=settings.mqtt_password,
    )
    post.begin(session)
    return await session.connect(login)


async def opened(post: Post, settings: Settings, receive: Receive) -> bool:
    """Stand in the post: take a share of all messages, and hear our own canary."""
    was_kept = await connected(post, settings, receive)
    if post.session is not None:
        await post.session.subscribe([*FILTERS, topics.canary(post.slot)])
    post.patience_us = BLIND_AFTER_US if was_kept else 0
    return was_kept
