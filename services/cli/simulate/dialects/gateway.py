"""Our own heartbeats, as a gateway says them for all its devices in one message."""

from services.cli.simulate.dialects import heartbeat
from services.cli.simulate.dialects.base import Moment, Published
from services.cli.simulate.speech import Send
from shared.contracts import topics
from shared.contracts.heartbeat import GatewayHeartbeat
from shared.contracts.heartbeat import encode as as_json
from shared.contracts.topics import Leaf


def encode(send: Send, moment: Moment) -> Published:
    voice = send.voice
    entries = [
        GatewayHeartbeat(*heartbeat.said(send, place, moment), device=claim.device.code)
        for place, claim in enumerate(send.claims)
    ]
    return [(topics.of(voice.facility, voice.speaker, Leaf.HEARTBEATS), as_json(entries))]
