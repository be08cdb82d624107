from services.ingest.canary import BLIND_AFTER_US, Canary, Sight, look

S = 1_000_000


def at_once(*sent_us: int) -> list[Canary]:
    return [Canary(us, us) for us in sent_us]


def test_regular_canaries_move_the_watermark_and_find_no_blindness() -> None:
    assert look(at_once(1 * S, 2 * S, 3 * S), seen_until_us=0) == Sight(3 * S, ())


def test_a_long_silence_of_the_canary_is_blindness() -> None:
    sight = look(at_once(1 * S, 60 * S, 61 * S), seen_until_us=0)
    assert sight == Sight(61 * S, ((1 * S, 60 * S),))


def test_a_restart_is_no_blindness() -> None:
    assert look(at_once(BLIND_AFTER_US), seen_until_us=0).blind_us == ()


def test_repeated_and_old_canaries_change_nothing() -> None:
    assert look(at_once(5 * S, 4 * S, 5 * S), seen_until_us=5 * S) == Sight(5 * S, ())


def test_without_a_canary_nothing_more_is_known() -> None:
    assert look(at_once(), seen_until_us=7 * S) == Sight(7 * S, ())


def test_canaries_that_were_long_on_their_way_tell_of_a_broker_that_hung() -> None:
    held_up = [Canary(n * S, 20 * S) for n in range(1, 20)]
    sight = look([*held_up, Canary(20 * S, 20 * S)], seen_until_us=0)
    assert sight == Sight(20 * S, ((1 * S, 20 * S),))


def test_a_canary_handed_over_again_makes_nothing_blind_that_was_seen() -> None:
    sight = look([Canary(1 * S, 60 * S)], seen_until_us=58 * S)
    assert sight == Sight(58 * S, ())


def test_a_broker_that_forgot_our_session_kept_nothing_for_us() -> None:
    sight = look(at_once(2 * S, 3 * S), seen_until_us=0, patience_us=0)
    assert sight == Sight(3 * S, ((0, 2 * S),))
