from services.cli.simulate import outbox as outboxes
from services.cli.simulate.outbox import AGAIN_AFTER_US, Letter, Outbox
from shared.contracts.acknowledgement import Acknowledged

NOW = 1_000 * AGAIN_AFTER_US


def letter(n: int, *seqs: int, line: int = 0, sent_us: int = NOW) -> Letter:
    return Letter(n, line, "topic", b"payload", sent_us, boot="b", awaited=set(seqs))


def outbox(*letters: Letter) -> Outbox:
    made = Outbox()
    for one in letters:
        made.put(one)
    return made


def acknowledged(*ranges: tuple[int, int]) -> Acknowledged:
    return Acknowledged("b", ranges)


def test_without_a_number_the_broker_s_answer_settles_it() -> None:
    made = outbox(letter(1))
    made.answered(1, 0)
    assert len(made) == 0


def test_with_numbers_only_the_platform_s_word_settles_it() -> None:
    made = outbox(letter(1, 5, 6))
    made.answered(1, 0)
    assert made.acknowledged(acknowledged((5, 5))) == []
    assert made.acknowledged(acknowledged((6, 6))) == [1]
    assert len(made) == 0


def test_one_word_may_settle_many_and_says_each_once() -> None:
    made = outbox(letter(1, 5, 6), letter(2, 7), letter(3, 9))
    assert made.acknowledged(acknowledged((0, 7))) == [1, 2]
    assert made.acknowledged(acknowledged((0, 2**62))) == [3]
    assert made.acknowledged(acknowledged((0, 2**62))) == []


def test_the_word_for_another_start_settles_nothing() -> None:
    made = outbox(letter(1, 5))
    assert made.acknowledged(Acknowledged("another", ((0, 9),))) == []


def test_what_is_not_acknowledged_in_time_is_said_again_and_then_waits_anew() -> None:
    made = outbox(letter(1, 5), letter(2, 6, sent_us=NOW + 1))
    later_us = NOW + AGAIN_AFTER_US
    assert made.overdue(later_us, most=9) == [1]
    assert [one.n for one in made.again([1], later_us)] == [1]
    assert made.overdue(later_us + 1, most=9) == [2]


def test_no_more_is_said_again_at_once_than_asked_for() -> None:
    made = outbox(*(letter(n, n) for n in range(5)))
    assert made.overdue(NOW + AGAIN_AFTER_US, most=2) == [0, 1]


def test_what_nobody_acknowledges_is_never_overdue() -> None:
    assert outbox(letter(1)).overdue(NOW + AGAIN_AFTER_US, most=9) == []


def test_a_lost_connection_leaves_its_own_unanswered_letters_open() -> None:
    made = outbox(letter(1, 5), letter(2, 6), letter(3, 7, line=1))
    made.answered(1, 0)
    assert made.unanswered(0) == [2]


def test_what_was_refused_by_the_broker_stays_only_if_it_can_be_acknowledged() -> None:
    made = outbox(letter(1), letter(2, 6))
    made.answered(1, 0x10)
    made.answered(2, 0x10)
    assert made.unanswered(0) == [2]


def test_a_repeat_of_a_number_awaits_nothing_itself() -> None:
    made = outbox(letter(1, 5), letter(2, 5))
    made.answered(2, 0)
    assert made.acknowledged(acknowledged((5, 5))) == [1]
    assert len(made) == 0


def test_memory_is_bounded_and_what_is_given_up_is_counted() -> None:
    made = outbox(*(letter(n, n) for n in range(outboxes.MOST_KEPT + 2)))
    assert (len(made), made.given_up) == (outboxes.MOST_KEPT, 2)
    assert made.acknowledged(acknowledged((0, 2))) == [2]


def test_a_message_is_delivered_once_however_often_it_was_sent() -> None:
    made = outbox(letter(1, 5), letter(2, 6))
    for n in (1, 1):
        made.answered(n, 0)
        made.again([1], NOW)
    made.acknowledged(acknowledged((5, 6)))
    assert made.delivered == 2
