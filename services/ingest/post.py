"""One slot's standing at the broker: its session, what must be acknowledged there, how far it sees.

A worker has a post of its own. It takes over the post of a worker that died as a second one, hands
on what the broker kept for it, and retires it.
"""

from dataclasses import dataclass, field

from services.ingest.canary import BLIND_AFTER_US, Canary, Sight, look
from shared.contracts import topics
from shared.runtime.mqtt_session import MqttSession


@dataclass(slots=True, eq=False)
class Post:
    """Where one slot stands. `patience_us`: how long a silence before its next canary may be."""

    slot: int
    seen_until_us: int
    session: MqttSession | None = None
    is_connected: bool = False
    patience_us: int = BLIND_AFTER_US
    #: When our last canary that came back had been sent: what came after it arrived after that.
    arrived_after_us: int = 0
    packet_ids: list[int] = field(default_factory=list)
    canaries: list[Canary] = field(default_factory=list)
    #: The packet ids of canaries that the broker has not answered yet.
    unanswered: set[int] = field(default_factory=set)

    def begin(self, session: MqttSession) -> None:
        """A new connection. Packet ids belong to one; what those of the last stood for is kept."""
        self.packet_ids = []
        self.arrived_after_us = 0
        self.unanswered = set()
        self.session = session

    def send_canary(self, session: MqttSession, now_us: int, *, most_unanswered: int) -> None:
        """Ask for an answer, or give the session up if the broker owes us too many.

        A line may be dead in one direction: the broker still tells us everything, and hears no
        acknowledgement. So what it says of its own accord proves nothing, only its answers do.
        They are counted, not timed: whoever was frozen himself has not asked meanwhile.
        """
        if len(self.unanswered) >= most_unanswered:
            session.reason = "the broker does not hear us any more"
            session.close()
            session.lost.set()
            return
        self.unanswered.add(session.publish(topics.canary(self.slot), str(now_us).encode()))
        session.ping()

    def hear_answer(self, packet_id: int, _: int) -> None:
        """The broker has what we sent; whether anybody listened does not matter here."""
        self.unanswered.discard(packet_id)

    def hear_canary(self, payload: bytes, received_us: int) -> None:
        sent_us = int(payload)
        self.arrived_after_us = max(self.arrived_after_us, sent_us)
        self.canaries.append(Canary(sent_us, received_us))

    def take(self) -> "Receipt":
        """What the next flush settles here."""
        sight = look(self.canaries, seen_until_us=self.seen_until_us, patience_us=self.patience_us)
        if self.canaries:
            self.patience_us = BLIND_AFTER_US
        receipt = Receipt(self, self.session, self.packet_ids, sight, bool(self.canaries))
        self.packet_ids, self.canaries = [], []
        return receipt


@dataclass(slots=True)
class Receipt:
    """What one flush owes to one post: acknowledgements, and how far it sees from now on."""

    post: Post
    session: MqttSession | None
    packet_ids: list[int]
    sight: Sight
    has_canary: bool

    def acknowledge(self) -> None:
        """After the commit. A connection that is gone needs none: the broker sends again."""
        self.post.seen_until_us = self.sight.seen_until_us
        if self.session is not None and not self.session.lost.is_set():
            self.session.acknowledge(self.packet_ids)
