from dataclasses import dataclass, field

import pytest
import structlog

from services.edge.backlog import Backlog
from services.edge.entries import Entries
from services.edge.hearing import Hearing
from services.edge.watch import Watch
from shared.contracts import acknowledgement, nonce
from shared.contracts.acknowledgement import Acknowledged, Refused
from shared.contracts.nonce import Nonce
from shared.domain.states import WatchState
from shared.runtime.ed25519 import SigningKey

ACK = "giamsat/v1/hoa-sen/gw/ack"
NONCE = "giamsat/v1/nonce"


@dataclass
class Ear:
    """A hearing with all that it speaks to."""

    entries: Entries = field(default_factory=lambda: Entries("hoa-sen", {}))
    backlog: Backlog = field(default_factory=Backlog)
    now_s: float = 0
    hearing: Hearing = field(init=False)

    def __post_init__(self) -> None:
        self.hearing = Hearing("hoa-sen", "gw", self.entries, self.backlog, lambda: self.now_s)
        for seq in (1, 2, 3):
            watch = Watch(f"cam-{seq}", WatchState.OK, seq * 1000, seq * 1000 + 1)
            self.backlog.add(seq, watch, now_s=0)

    @property
    def waiting(self) -> list[str]:
        return [watch.device for watch in self.backlog.watches]

    def acknowledge(
        self, first: int, last: int, *refused: tuple[int, str], boot: str | None = None
    ) -> None:
        word = Acknowledged(
            boot or self.entries.boot, ((first, last),), tuple(Refused(*each) for each in refused)
        )
        self.hearing.hear(ACK, acknowledgement.encode([word]))


@pytest.fixture
def ear() -> Ear:
    return Ear()


def test_what_is_acknowledged_waits_no_longer(ear: Ear) -> None:
    ear.acknowledge(1, 2)
    assert ear.waiting == ["cam-3"]


def test_an_acknowledgement_of_an_earlier_start_says_nothing_of_this_one(ear: Ear) -> None:
    ear.acknowledge(1, 3, boot="before")
    assert ear.waiting == ["cam-1", "cam-2", "cam-3"]


def test_what_is_refused_is_not_told_again(ear: Ear) -> None:
    ear.acknowledge(1, 1, (1, "too_old"))
    assert ear.waiting == ["cam-2", "cam-3"]


def refusals(logs: list[structlog.typing.EventDict]) -> list[tuple[str, str]]:
    return [(log["device"], log["reason"]) for log in logs if log["event"] == "heartbeat_refused"]


def test_a_refusal_is_logged_once_with_its_reason(ear: Ear) -> None:
    with structlog.testing.capture_logs() as logs:
        for seq in (10, 11, 12):
            ear.hearing.expect(seq, "cam-1")
            ear.acknowledge(seq, seq, (seq, "future"))
    assert refusals(logs) == [("cam-1", "future")]


def test_a_refusal_that_comes_back_is_logged_again(ear: Ear) -> None:
    with structlog.testing.capture_logs() as logs:
        for seq, refused in ((10, [(10, "future")]), (11, []), (12, [(12, "future")])):
            ear.hearing.expect(seq, "cam-1")
            ear.acknowledge(seq, seq, *refused)
    assert refusals(logs) == [("cam-1", "future")] * 2


@pytest.mark.parametrize(
    "payload",
    [b"", b"{}", b"\xff\xfe", b'[{"boot": 1}]', b'[{"boot":"a","seq":[[1]]}]', b"[" * 100_000],
)
def test_what_is_no_acknowledgement_changes_nothing(ear: Ear, payload: bytes) -> None:
    ear.hearing.hear(ACK, payload)
    assert ear.waiting == ["cam-1", "cam-2", "cam-3"]


def test_silence_is_counted_from_the_first_word_that_nobody_acknowledged(ear: Ear) -> None:
    assert ear.hearing.silent_for_s == 0
    ear.hearing.expect(10, "gw")
    ear.now_s = 40
    ear.hearing.expect(11, "gw")
    assert ear.hearing.silent_for_s == 40
    ear.acknowledge(11, 11)
    assert ear.hearing.silent_for_s == 0


def test_only_who_signs_listens_for_the_nonce() -> None:
    signing = Ear(Entries("hoa-sen", {"gw": SigningKey.new()}))
    assert Ear().hearing.topics == (ACK,)
    assert signing.hearing.topics == (ACK, NONCE)


def test_the_latest_nonce_is_used(ear: Ear) -> None:
    for word in ("first", "second"):
        ear.hearing.hear(NONCE, nonce.encode(Nonce(word, issued_at=0)))
    assert ear.entries.nonce == "second"


def test_a_nonce_that_would_not_fit_one_line_is_ignored(ear: Ear) -> None:
    ear.hearing.hear(NONCE, nonce.encode(Nonce("two\nlines", issued_at=0)))
    assert ear.entries.nonce is None
