"""What must and may be on record, against what the messages really say on the wire."""

from collections import defaultdict
from collections.abc import Iterator

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from services.cli.simulate import cast, truth
from services.cli.simulate.dialects import PREFIXES, name_of
from services.cli.simulate.options import DialectName, Options
from services.cli.simulate.verify import compare, demand
from services.cli.simulate.verify.compare import Record
from services.cli.simulate.verify.demand import Demand, Reason
from services.ingest import judge as judges
from services.ingest.judge import Judge
from services.ingest.track import Site, Track
from shared.contracts.adapters.base import Attestation
from shared.contracts.adapters.rules import Dialect, Rule, RuleBook
from shared.contracts.heartbeat import (
    Heartbeat,
    decode_entries,
    decode_one,
    to_us,
)
from shared.contracts.topics import Leaf
from shared.domain.heartbeat import SECOND_US, default_length_us
from shared.domain.intervals import Span, Spans, intersect, normal, subtract, union
from shared.domain.states import WatchState
from tests.services.cli.simulate.plays import OUR_OWN, START_US, Play, options

Name = tuple[str, str]
Claim = tuple[WatchState, int, int]
Told = dict[tuple[Name, WatchState], Spans[int]]
#: What is true on arrival is not known so exactly; see the test of its own.
TIMED = st.sampled_from(
    [dict.fromkeys((d for d in DialectName if d not in cast.TIMED_ON_ARRIVAL), 1.0)]
)
#: Which messages the broker took: all, none, or all but each so-manieth.
TAKEN = st.sampled_from([1, 2, 3, 1_000_000])


def rules(play: Play) -> RuleBook:
    """As the registry would have them: by name, each in its own facility."""
    return RuleBook(
        Rule(Dialect(dialect), prefix, name_of(dialect, f"d{n:02}"), f"d{n:02}")
        for dialect, prefix in PREFIXES.items()
        if dialect is not DialectName.ONVIF
        for n in range(1, play.options.devices + 1)
    )


def stated(
    play: Play, topic: str, payload: bytes, received_us: int
) -> Iterator[tuple[Name, Claim]]:
    """What a message attests of each device, read as ingest reads it."""
    _, _, facility, speaker, rest = topic.split("/", 4)
    length_us = default_length_us(play.options.interval_s)
    if rest in {Leaf.HEARTBEAT, Leaf.HEARTBEATS}:
        for device, beat in beats(speaker, rest, payload):
            at_us = to_us(beat.at)
            since_us = at_us - length_us if beat.since is None else to_us(beat.since)
            yield (facility, device), (beat.state, since_us, at_us)
        return
    book = rules(play)
    if rest.startswith("onvif-ej/"):
        book = RuleBook([Rule(Dialect.ONVIF, "", "VideoSource_1", speaker)])
    meaning = book.interpret(rest, payload, received_us=received_us, is_retained=False, memory={})
    assert not meaning.unmapped
    for device, statement in meaning.statements:
        if isinstance(statement, Attestation):
            assert statement.since_us is None
            claim = (statement.state, statement.at_us - length_us, statement.at_us)
            yield (facility, device), claim


def beats(speaker: str, leaf: str, payload: bytes) -> Iterator[tuple[str, Heartbeat]]:
    if leaf == Leaf.HEARTBEAT:
        yield speaker, decode_one(payload)
    else:
        yield from ((entry.device, entry) for entry in decode_entries(payload))


def claims(play: Play, numbers: set[int]) -> Told:
    """The plain union of what those messages say, had they arrived when they were sent."""
    sent = {line.n: line.sent_us for line in play.lines if isinstance(line, truth.Sent)}
    found: defaultdict[tuple[Name, WatchState], list[Span[int]]] = defaultdict(list)
    for n, topic, payload in play.ear.heard:
        for name, (state, *span) in stated(play, topic, payload, sent[n]) if n in numbers else ():
            found[name, state].append((span[0], span[1]))
    return {key: normal(spans) for key, spans in found.items()}


def demands(play: Play) -> dict[Name, Demand]:
    return {
        (device.on_record.facility, device.on_record.code): needed
        for device, needed in demand.of_run(play.gathered())
    }


def performed(asked: Options, taken: int) -> tuple[Play, set[int]]:
    play = Play(asked).perform()
    numbers = {n for n, _, _ in play.ear.heard if n % taken or taken == 1}
    return play.answer(sorted(numbers)), numbers


@given(options(dialects=TIMED), TAKEN)
@settings(deadline=None)
def test_what_must_be_on_record_is_what_taken_messages_say_and_is_true(
    asked: Options, taken: int
) -> None:
    play, numbers = performed(asked, taken)
    said = claims(play, numbers)
    for name, needed in demands(play).items():
        for state, real in needed.real.items():
            assert needed.must[state] == intersect(clipped(said.get((name, state), ())), real)


@given(options(dialects=TIMED), TAKEN)
@settings(deadline=None)
def test_what_may_be_on_record_is_what_any_message_says(asked: Options, taken: int) -> None:
    play, _ = performed(asked, taken)
    said = claims(play, {n for n, _, _ in play.ear.heard})
    for name, needed in demands(play).items():
        for state in needed.real:
            assert needed.may[state] == clipped(said.get((name, state), ()))


def clipped(spans: Spans[int]) -> Spans[int]:
    """Nothing is credited from before the device was registered."""
    return intersect(spans, ((START_US, 1 << 62),))


@given(options(plain=st.just(0), dialects=OUR_OWN))
@settings(deadline=None)
def test_cumulative_messages_may_be_credited_with_nothing_but_the_truth(asked: Options) -> None:
    play, _ = performed(asked, 2)
    for needed in demands(play).values():
        for state, spans in needed.may.items():
            assert subtract(spans, needed.real[state]) == ()


@given(options(), TAKEN)
@settings(deadline=None)
def test_what_is_true_must_be_on_record_or_has_an_excuse(asked: Options, taken: int) -> None:
    play, _ = performed(asked, taken)
    for needed in demands(play).values():
        excused = union(*needed.excused.values())
        for state, real in needed.real.items():
            assert subtract(subtract(real, needed.must[state]), excused) == ()


def test_each_excuse_is_named_where_it_holds() -> None:
    told = Play(Options(devices=1, seconds=100, interval_s=10)).perform().answer([1])
    at_us = [line.at_us for line in told.lines if isinstance(line, truth.Sent)]
    excused = demands(told)["SIM-T-0000", "d01"].excused
    assert excused[Reason.NOT_DELIVERED] == ((at_us[0], at_us[-1]),)
    assert excused[Reason.NEVER_TOLD] == ((at_us[-1], START_US + told.options.end_us),)
    lost = Play(Options(devices=1, seconds=100, interval_s=10, lost=1)).perform()
    meant_us = [line.at_us for line in lost.lines if isinstance(line, truth.Lost)]
    assert demands(lost)["SIM-T-0000", "d01"].excused[Reason.LOST] == ((START_US, meant_us[-1]),)


def test_nothing_is_demanded_of_the_time_before_registration() -> None:
    play = Play(Options(devices=1, seconds=100, interval_s=10)).perform().answer(range(1, 12))
    run = play.gathered()
    for device in run.devices.values():
        device.on_record = msgspec.structs.replace(
            device.on_record, registered_us=START_US + 50 * SECOND_US
        )
    for _, needed in demand.of_run(run):
        [(begin_us, _)] = needed.must[WatchState.OK]
        assert begin_us == START_US + 50 * SECOND_US
        assert needed.excused[Reason.UNREGISTERED] == ((START_US, begin_us),)


def test_what_is_told_after_a_week_is_too_late_for_the_most_part() -> None:
    """A history of eight days, told at once."""
    day_s = 86_400
    play = Play(Options(devices=1, seconds=8 * day_s, interval_s=3_600), delay_s=8 * day_s)
    needed = demands(play.perform().answer(range(1, 10_000)))["SIM-T-0000", "d01"]
    assert needed.must[WatchState.OK] == ()
    assert compare.seconds(needed.excused[Reason.TOO_LATE]) > 7.9 * day_s


# -- what ingest itself makes of the messages --------------------------------------------------


def credited(play: Play, delays: list[int]) -> dict[Name, Record]:
    """What ingest would put on record, each message so long under way."""
    judge = Judge()
    tracks: dict[Name, Track] = {}
    sent = {line.n: line.sent_us for line in play.lines if isinstance(line, truth.Sent)}
    for n, topic, payload in play.ear.heard:
        received_us = sent[n] + delays[n % len(delays)]
        judge.arrived_after_us = received_us - SECOND_US
        _, _, facility, speaker, rest = topic.split("/", 4)
        if rest in {Leaf.HEARTBEAT, Leaf.HEARTBEATS}:
            for device, beat in beats(speaker, rest, payload):
                judge.credit(_track(tracks, (facility, device), play), beat, received_us)
            continue
        for name, (state, since_us, at_us) in stated(play, topic, payload, received_us):
            claim = judges.Claim(at_us, since_us, state, received_us, {})
            judge.credit_claim(_track(tracks, name, play), claim)
    return {name: _record(track) for name, track in tracks.items()}


def _track(tracks: dict[Name, Track], name: Name, play: Play) -> Track:
    if name not in tracks:
        length_us = default_length_us(play.options.interval_s)
        site = Site(name[0], "Asia/Ho_Chi_Minh")
        tracks[name] = Track(1, name[1], site, default_us=length_us, registered_us=START_US)
    return tracks[name]


def _record(track: Track) -> Record:
    faults = {state: normal(run.pending) for state, run in (track.faults or {}).items()}
    return Record(
        watched=normal(track.watched.pending),
        late=normal(track.late),
        impaired=union(*faults.values()),
        faults=faults,
    )


DELAYS = st.lists(st.integers(1, 200_000), min_size=1, max_size=5)
ERRORS_S = st.sampled_from([1, 15, 100, 400])


@given(options(wrong_clocks=st.sampled_from([0, 1]), clock_error_s=ERRORS_S), DELAYS)
@settings(deadline=None)
def test_whatever_the_clocks_what_ingest_credits_is_no_loss_and_no_invention(
    asked: Options, delays: list[int]
) -> None:
    play, _ = performed(asked, 1)
    records = credited(play, delays)
    for name, needed in demands(play).items():
        record = records.get(name, compare.NOTHING)
        found = compare.verdict(*name, needed, record, ((0, 1 << 62),))
        assert (found.lost, found.invented, found.mistaken, found.misjudged) == ((), (), (), ())
