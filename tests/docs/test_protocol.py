"""docs/protocol.md is what third parties build on: nothing in it may be stale."""

import base64
import re
from pathlib import Path

import msgspec
import pytest

from services.edge.backlog import LONGEST_PATIENCE_S, MOST_WATCHES, SHORTEST_PATIENCE_S
from services.edge.gateway import PATIENCE_MS
from services.edge.talk import LONGEST_BACKOFF_S
from services.ingest.acks import UNSETTLED
from services.ingest.limits import COUNTED_BYTES, OF_A_DEVICE, OF_A_FACILITY, OF_A_GATEWAY
from services.ingest.quarantine.sample import SAMPLE_BYTES
from shared.contracts import acknowledgement, heartbeat, nonce
from shared.contracts.acknowledgement import MAX_ACKNOWLEDGEMENT, Acknowledged
from shared.contracts.heartbeat import (
    MAX_FRAME,
    MAX_HEARTBEAT,
    MAX_HEARTBEATS,
    GatewayHeartbeat,
    Heartbeat,
)
from shared.contracts.signing import Signed, canonical
from shared.contracts.topics import CODE_PATTERN, Leaf
from shared.domain.device_clock import (
    MIN_SAMPLES,
    MIN_SPAN_US,
    TOLERATED_AHEAD_US,
    TOLERATED_BEHIND_US,
)
from shared.domain.evidence import FRESH_US, REACH_US
from shared.domain.heartbeat import DAY_US, DEFAULT_LIMITS, SECOND_US
from shared.domain.identity import DOUBT_US, TOLERANCE_US
from shared.domain.states import SECURITY, Refusal, WatchState
from shared.runtime.ed25519 import SigningKey, verify

TEXT = (Path(__file__).parents[2] / "docs/protocol.md").read_text()
PLAIN = " ".join(TEXT.replace("*", "").split())


def section(title: str) -> str:
    """What stands below a heading, up to the next one."""
    return re.split(r"\n#+ ", TEXT.split(f"# {title}\n", 1)[1])[0]


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", TEXT, re.DOTALL)


def rows(title: str) -> list[list[str]]:
    """The table of a section, without its head."""
    lines = [line for line in section(title).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def words(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_every_field_of_a_heartbeat_is_told() -> None:
    told = {name for row in rows("Heartbeat") for name in words(row[0])}
    assert told == set(GatewayHeartbeat.__struct_fields__)


def test_every_state_is_told() -> None:
    state = next(row for row in rows("Heartbeat") if row[0] == "`state`")
    assert set(words(state[3])) == set(WatchState)


def test_every_topic_is_told() -> None:
    told = {name for row in rows("Topics") for name in words(row[0])}
    assert {leaf.value for leaf in Leaf} <= told


def test_every_reason_is_told() -> None:
    assert [words(row[0])[0] for row in rows("Refusals")].count("unreadable") == 1
    assert {words(row[0])[0] for row in rows("Refusals")} == set(Refusal)


def test_what_concerns_security_is_marked() -> None:
    marked = {words(row[0])[0] for row in rows("Refusals") if "*security*" in row[1]}
    assert marked == SECURITY


def test_what_has_to_be_sent_again_is_marked() -> None:
    marked = {words(row[0])[0] for row in rows("Refusals") if row[2].endswith("send again")}
    assert marked == UNSETTLED


@pytest.mark.parametrize(
    "phrase",
    [
        f"A JSON object (RFC 8259, UTF-8) of at most {MAX_HEARTBEAT} bytes",
        f"a JSON array of at most {MAX_HEARTBEATS} bytes, of the same objects",
        f"a JSON array of at most {MAX_ACKNOWLEDGEMENT} bytes with an object for each boot",
        f"a small JPEG of at most {MAX_FRAME} bytes",
        CODE_PATTERN.strip("^$"),
        heartbeat.BOOT_PATTERN.strip("^$"),
        f"random time between 0 and min({LONGEST_BACKOFF_S:.0f}, 2ⁿ) seconds",
        f"should call a silence of {PATIENCE_MS // 1000} s an interruption",
        f"more than {TOLERANCE_US // SECOND_US} s after another one took over",
        f"{MIN_SAMPLES} messages over {MIN_SPAN_US // SECOND_US} s",
        f"up to {TOLERATED_AHEAD_US // SECOND_US} s ahead "
        f"or {TOLERATED_BEHIND_US // SECOND_US} s behind",
        f"up to {DEFAULT_LIMITS.skew_us // SECOND_US} s ahead",
        f"more than {DEFAULT_LIMITS.backfill_us // DAY_US} days before arrival",
        f"more than {DEFAULT_LIMITS.lateness_us // SECOND_US} s before arrival",
        f"not acknowledged for {SHORTEST_PATIENCE_S:.0f} s (at least 3), with pauses that double "
        f"up to {LONGEST_PATIENCE_S / 60:.0f} minutes",
        f"{MOST_WATCHES:,} watches are a camera",
        f"a nonce issued at most {FRESH_US // SECOND_US} s before arrival",
        f"proven from {REACH_US // SECOND_US} s before the nonce was issued",
        f"{OF_A_DEVICE.burst:,} messages | {OF_A_DEVICE.per_s} a second",
        f"{OF_A_GATEWAY.burst:,} entries | {OF_A_GATEWAY.per_s:,} a second",
        f"{OF_A_FACILITY.burst:,} messages | {OF_A_FACILITY.per_s} a second",
        f"one more for every full {COUNTED_BYTES} bytes",
        f"the first {SAMPLE_BYTES} bytes",
    ],
)
def test_its_figures_are_those_of_the_code(phrase: str) -> None:
    assert phrase in PLAIN


def test_the_doubt_after_a_clone_is_as_long_as_told() -> None:
    assert DOUBT_US == 600 * SECOND_US
    assert "after a clone nothing of that device counts as proven for ten minutes" in PLAIN


def test_its_messages_are_what_we_read() -> None:
    single, several, ack = blocks("json")
    assert heartbeat.decode_one(single).seq == 42
    assert [entry.device for entry in heartbeat.decode_entries(several)] == ["gw", "cam-1", "cam-2"]
    assert acknowledgement.decode(ack) == [
        Acknowledged(
            "7f3a9c0e5d1b2846",
            ((40, 43), (45, 45)),
            (acknowledgement.Refused(45, "too_old"),),
        )
    ]


def test_its_nonce_is_what_we_say() -> None:
    told = next(word for word in words(section("Nonce")) if word.startswith("{"))
    assert set(msgspec.json.decode(told)) == set(nonce.Nonce.__struct_fields__)


def signed_example() -> tuple[Heartbeat, bytes]:
    beat = heartbeat.decode_one(blocks("signed")[0])
    claim = Signed(
        facility="hoa-sen",
        device="cam-1",
        boot=beat.boot or "",
        seq=beat.seq or 0,
        since_ms=int(beat.since),  # type: ignore[arg-type]  # a number, as written
        at_ms=int(beat.at),  # type: ignore[arg-type]  # a number, as written
        state=beat.state.value,
        nonce=beat.nonce or "",
    )
    return beat, canonical(claim)


def test_the_worked_example_signs_these_very_bytes() -> None:
    _, text = signed_example()
    assert bytes.fromhex(blocks("hex")[0]) == text
    assert f"What is signed, {len(text)} bytes" in TEXT


def test_the_worked_example_is_signed_by_its_key() -> None:
    beat, text = signed_example()
    secret, public = (block.strip() for block in blocks("key"))
    key = SigningKey.load(secret.encode())
    assert base64.b64encode(key.public_key).decode() == public
    assert base64.b64encode(key.sign(text)).decode() == beat.sig
    assert verify(base64.b64decode(public), base64.b64decode(beat.sig or ""), text)


def test_what_is_signed_is_explained_line_by_line() -> None:
    _, text = signed_example()
    explained = [re.split(r"  ", line)[0] for line in blocks("text")[0].splitlines()]
    assert len(explained) == len(text.split(b"\n"))
    assert explained[0].encode() == text.split(b"\n")[0]


def test_every_jump_within_it_leads_somewhere() -> None:
    headings = {
        re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-")
        for title in re.findall(r"^#+ (.+)$", TEXT, re.MULTILINE)
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", TEXT)) <= headings


def test_the_conformance_list_is_numbered_through() -> None:
    numbers = [row[0] for row in rows("Conformance")]
    assert numbers == [f"C{number}" for number in range(1, len(numbers) + 1)]
    assert set(re.findall(r"\[(C\d+)\]", TEXT)) <= set(numbers)
    assert all(re.search(r"MUST|SHOULD", row[1]) and row[2] for row in rows("Conformance"))
