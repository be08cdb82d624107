import base64

import msgspec

from services.edge.entries import Entries
from services.edge.watch import NOTHING_READ, Reading, Watch
from shared.contracts.heartbeat import GatewayHeartbeat, decode_entry
from shared.contracts.signing import Signed, canonical
from shared.domain.states import WatchState
from shared.runtime.ed25519 import SigningKey, verify

WATCH = Watch("cam-1", WatchState.DARK, 1_795_334_000_000, 1_795_334_400_000)
KEY = SigningKey.new()


def entry(entries: Entries, seq: int = 7, reading: Reading = NOTHING_READ) -> GatewayHeartbeat:
    return decode_entry(entries.encoded(seq, WATCH, reading, sent_ms=1_795_334_401_000))


def test_an_entry_says_what_was_watched_and_which_telling_it_is() -> None:
    entries = Entries("hoa-sen", {})
    assert entry(entries, reading=Reading(battery=64)) == GatewayHeartbeat(
        device="cam-1",
        since=WATCH.since_ms,
        at=WATCH.until_ms,
        state=WatchState.DARK,
        boot=entries.boot,
        seq=7,
        sent=1_795_334_401_000,
        battery=64,
    )


def test_no_two_starts_have_the_same_name() -> None:
    boots = {Entries("hoa-sen", {}).boot for _ in range(100)}
    assert len(boots) == 100
    assert all(len(bytes.fromhex(boot)) * 8 >= 64 for boot in boots)


def signed_bytes(beat: GatewayHeartbeat, boot: str, nonce: str) -> bytes:
    return canonical(
        Signed(
            "hoa-sen", "cam-1", boot, beat.seq or 0, WATCH.since_ms, WATCH.until_ms, "dark", nonce
        )
    )


def is_signed(beat: GatewayHeartbeat, entries: Entries) -> bool:
    signature = base64.b64decode(beat.sig or "", validate=True)
    text = signed_bytes(beat, entries.boot, beat.nonce or "")
    return verify(KEY.public_key, signature, text)


def test_a_device_with_a_key_signs() -> None:
    entries = Entries("hoa-sen", {"cam-1": KEY})
    assert entry(entries).nonce is None
    assert is_signed(entry(entries), entries)


def test_the_nonce_is_signed_with_it() -> None:
    entries = Entries("hoa-sen", {"cam-1": KEY})
    entries.nonce = "0123456789abcdef"
    assert entry(entries).nonce == "0123456789abcdef"
    assert is_signed(entry(entries), entries)
    assert not is_signed(msgspec.structs.replace(entry(entries), nonce="another"), entries)


def test_the_key_of_one_device_signs_for_no_other() -> None:
    entries = Entries("hoa-sen", {"cam-2": KEY})
    assert entries.are_signed
    assert entry(entries).sig is None
