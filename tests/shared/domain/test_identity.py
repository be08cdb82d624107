from hypothesis import given
from hypothesis import strategies as st

from shared.domain.heartbeat import SECOND_US
from shared.domain.identity import SET_BACK_US, TOLERANCE_US, Finding, begun

NOW = 1_800_000_000 * SECOND_US


def test_numbers_that_grow_with_time_are_good() -> None:
    identity = begun("a", 1, said_us=NOW, received_us=NOW)
    assert identity.find("a", 2, said_us=NOW + 1, at_us=NOW + 1) is Finding.GOOD


def test_a_lower_number_with_a_later_time_was_counted_back() -> None:
    identity = begun("a", 9, said_us=NOW, received_us=NOW)
    later = NOW + SET_BACK_US + 1
    assert identity.find("a", 8, said_us=later, at_us=later) is Finding.ROLLBACK
    assert identity.find("a", 9, said_us=later, at_us=later) is Finding.ROLLBACK


def test_counting_back_is_found_however_small_its_steps_are() -> None:
    identity = begun("a", 1000, said_us=NOW, received_us=NOW)
    found: list[Finding] = []
    for seq in range(10):
        at_us = NOW + seq * 30 * SECOND_US
        found.append(identity.find("a", seq, said_us=at_us, at_us=at_us))
        if found[-1] is Finding.GOOD:
            identity.learn("a", seq, said_us=at_us, received_us=at_us)
    assert found == [Finding.GOOD] * 5 + [Finding.ROLLBACK] * 5


def test_a_clock_put_right_accuses_nobody_though_the_later_message_is_heard_first() -> None:
    identity = begun("a", 11, said_us=NOW, received_us=NOW)
    ahead = NOW + 100 * SECOND_US
    assert identity.find("a", 10, said_us=ahead, at_us=NOW) is Finding.GOOD


def test_a_repeat_is_one_however_the_clock_is_judged_by_then() -> None:
    identity = begun("a", 9, said_us=NOW, received_us=NOW)
    assert identity.find("a", 9, said_us=NOW, at_us=NOW + 30 * SECOND_US) is Finding.GOOD


def test_a_new_boot_takes_over_and_the_old_one_may_still_tell_of_its_own_time() -> None:
    identity = begun("a", 9, said_us=NOW, received_us=NOW)
    later = NOW + 600 * SECOND_US
    assert identity.learn("b", 0, said_us=later, received_us=later)
    assert (
        identity.find("a", 10, said_us=later - SECOND_US, at_us=later - SECOND_US) is Finding.GOOD
    )


def test_an_old_boot_that_lives_on_is_a_clone_and_both_are_doubted() -> None:
    identity = begun("a", 9, said_us=NOW, received_us=NOW)
    identity.learn("b", 0, said_us=NOW, received_us=NOW)
    at_us = NOW + TOLERANCE_US + 1
    assert identity.find("a", 10, said_us=at_us, at_us=at_us) is Finding.CLONE
    identity.doubt(at_us)
    assert identity.is_doubted(at_us + SECOND_US)
    assert not identity.is_doubted(at_us + 3600 * SECOND_US)


def test_former_boots_are_bounded() -> None:
    identity = begun("boot", 0, said_us=NOW, received_us=NOW)
    for number in range(100):
        identity.learn(f"boot-{number}", 0, said_us=NOW, received_us=NOW)
    assert len(identity.former) == 8


#: A life: some boots, each with messages whose numbers and times both grow.
LIVES = st.lists(
    st.lists(st.tuples(st.integers(1, 5), st.integers(1, 90)), min_size=1, max_size=8),
    min_size=1,
    max_size=4,
)


@given(life=LIVES, data=st.data())
def test_an_honest_device_is_never_accused_whatever_part_is_seen_and_in_what_order(
    life: list[list[tuple[int, int]]], data: st.DataObject
) -> None:
    sent: list[tuple[str, int, int]] = []
    at_us = NOW
    for number, steps in enumerate(life):
        seq = 0
        for more, seconds in steps:
            seq, at_us = seq + more, at_us + seconds * SECOND_US
            sent.append((f"boot-{number}", seq, at_us))
    seen = data.draw(st.lists(st.sampled_from(sent), max_size=30))
    # A boot is only replaced by one that came later; it cannot be heard before it began.
    order = {boot: place for place, boot in enumerate(dict.fromkeys(b for b, _, _ in sent))}
    newest = -1
    identity = None
    for boot, seq, at in seen:
        if order[boot] < newest and identity is not None and boot not in identity.former:
            continue
        newest = max(newest, order[boot])
        received = max(at, at_us)
        if identity is None:
            identity = begun(boot, seq, said_us=at, received_us=received)
            continue
        assert identity.find(boot, seq, said_us=at, at_us=at) is Finding.GOOD
        identity.learn(boot, seq, said_us=at, received_us=received)
