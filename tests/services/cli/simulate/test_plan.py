"""The plan is worked out from its seed alone, and tells nothing but what is true."""

from collections import defaultdict
from dataclasses import replace

from hypothesis import given

from services.cli.simulate.options import Options
from services.cli.simulate.plan import Begun, Step
from services.cli.simulate.speech import Send
from shared.domain.identity import Finding, Identity, begun
from tests.services.cli.simulate.plays import options, planned, sends


@given(options())
def test_the_same_seed_makes_the_same_plan(asked: Options) -> None:
    assert planned(asked) == planned(asked)


def test_another_seed_makes_another_plan() -> None:
    one = Options(seed=1, seconds=60)
    assert planned(one) != planned(replace(one, seed=2))


@given(options())
def test_a_larger_run_has_the_smaller_one_in_it(asked: Options) -> None:
    larger = planned(replace(asked, facilities=asked.facilities + 1))
    known = {step.device.facility for step in planned(asked) if isinstance(step, Begun)}
    assert [step for step in larger if _facility(step) in known] == planned(asked)


def _facility(step: Step) -> str:
    return step.device.facility if isinstance(step, Begun) else step.voice.facility


@given(options())
def test_messages_come_in_the_order_in_which_they_are_due(asked: Options) -> None:
    due = [send.due_us for send in sends(planned(asked))]
    assert due == sorted(due)


@given(options())
def test_what_becomes_of_messages_changes_nothing_that_is_true(asked: Options) -> None:
    calm = replace(asked, lost=0, duplicated=0, disordered=0)
    assert _watches(planned(asked)) == _watches(planned(calm))


def _watches(steps: list[Step]) -> set[Begun]:
    return {step for step in steps if isinstance(step, Begun)}


@given(options())
def test_a_message_tells_only_what_has_begun_to_be_true(asked: Options) -> None:
    begun: defaultdict[int, list[tuple[int, int, str]]] = defaultdict(list)
    for step in planned(asked):
        if isinstance(step, Begun):
            watch = step.watch
            begun[step.device.number].append((watch.start_us, watch.end_us, watch.state))
            continue
        for claim in step.claims:
            assert any(
                start_us < claim.at_us <= end_us
                and claim.since_us in {None, start_us}
                and claim.state == state
                for start_us, end_us, state in begun[claim.device.number]
            )


@given(options())
def test_nobody_speaks_of_the_future(asked: Options) -> None:
    assert all(send.at_us <= send.due_us for send in sends(planned(asked)))


@given(options())
def test_an_honest_device_looks_like_no_clone_and_no_rollback(asked: Options) -> None:
    known: dict[int, Identity] = {}
    for send in sends(planned(asked)):
        for place, claim in enumerate(send.claims if send.voice.is_numbered else ()):
            boot, seq = str(send.boot), send.seq + place
            device = known.get(claim.device.number)
            if device is None:
                device = begun(boot, seq, said_us=claim.at_us, received_us=send.due_us)
                known[claim.device.number] = device
            found = device.find(boot, seq, said_us=claim.at_us, at_us=claim.at_us)
            assert found is Finding.GOOD
            device.learn(boot, seq, said_us=claim.at_us, received_us=send.due_us)


@given(options())
def test_a_repeat_is_the_same_message(asked: Options) -> None:
    seen: dict[tuple[int, int, int], Send] = {}
    for send in sends(planned(asked)):
        first = seen.setdefault((send.voice.number, send.boot, send.seq), send)
        assert first.claims == send.claims


@given(options())
def test_only_so_many_messages_as_asked_for_are_sent(asked: Options) -> None:
    bounded = replace(asked, messages=3)
    assert sends(planned(bounded)) == sends(planned(asked))[:3]
