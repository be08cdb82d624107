from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.sms_failover import KEY_LASTS, STAYS, End, Try, route

NOW = datetime(2026, 11, 20, 2, 10, tzinfo=UTC)
KEYED = {"esms": True, "speed": False, "modem": False}
NOBODY: frozenset[str] = frozenset()
SECOND = timedelta(seconds=1)


def tried(gateway: str, end: End, ago: timedelta = 10 * SECOND) -> Try:
    return Try(gateway, end, NOW - ago)


def test_the_order_of_the_settings_holds() -> None:
    chosen = route(KEYED, [], resting=NOBODY, now=NOW)
    assert chosen.gateways == ("esms", "speed", "modem")
    assert chosen.may_repeat == frozenset()


def test_a_gateway_that_failed_lately_comes_last() -> None:
    chosen = route(KEYED, [], resting=frozenset({"esms"}), now=NOW)
    assert chosen.gateways == ("speed", "modem", "esms")


def test_a_lost_answer_is_asked_for_again_under_the_same_key() -> None:
    chosen = route(KEYED, [tried("esms", End.UNKNOWN)], resting=frozenset({"esms"}), now=NOW)
    assert chosen.gateways == ("esms",)
    assert "esms" not in chosen.may_repeat


def test_nobody_waits_for_a_lost_answer_for_ever() -> None:
    lost = [tried("esms", End.UNKNOWN, STAYS), tried("esms", End.UNKNOWN)]
    chosen = route(KEYED, lost, resting=NOBODY, now=NOW)
    assert chosen.gateways == ("speed", "modem", "esms")
    assert chosen.may_repeat == {"speed", "modem"}


def test_where_no_key_is_known_a_lost_answer_goes_on_marked() -> None:
    chosen = route(KEYED, [tried("speed", End.UNKNOWN)], resting=NOBODY, now=NOW)
    assert chosen.gateways == ("esms", "modem", "speed")
    assert chosen.may_repeat == {"esms", "modem", "speed"}


def test_what_did_not_arrive_goes_through_another() -> None:
    chosen = route(KEYED, [tried("esms", End.DID_NOT_ARRIVE)], resting=NOBODY, now=NOW)
    assert chosen.gateways == ("speed", "modem", "esms")
    assert chosen.may_repeat == frozenset()


def test_a_key_is_forgotten_after_a_day() -> None:
    chosen = route(KEYED, [tried("esms", End.UNKNOWN, KEY_LASTS)], resting=NOBODY, now=NOW)
    assert "esms" in chosen.may_repeat


def test_a_gateway_that_is_set_no_more_is_passed_over() -> None:
    chosen = route({"speed": False}, [tried("esms", End.UNKNOWN)], resting=NOBODY, now=NOW)
    assert chosen.gateways == ("speed",)
    assert chosen.may_repeat == {"speed"}


def test_what_one_took_and_did_not_report_goes_on_marked() -> None:
    chosen = route(KEYED, [tried("esms", End.UNREPORTED)], resting=NOBODY, now=NOW)
    assert chosen.gateways == ("speed", "modem")
    assert chosen.may_repeat == {"speed", "modem"}


def test_what_each_has_taken_goes_nowhere() -> None:
    history = [tried(name, End.UNREPORTED) for name in KEYED]
    assert route(KEYED, history, resting=NOBODY, now=NOW).gateways == ()


def test_a_lost_answer_is_a_turn_where_no_key_is_known() -> None:
    history = [tried("esms", End.UNREPORTED), tried("speed", End.UNKNOWN)]
    assert route(KEYED, history, resting=NOBODY, now=NOW).gateways == ("modem",)


def test_a_lost_answer_of_a_repeat_is_asked_for_under_its_key_for_a_while() -> None:
    silent = tried("speed", End.UNREPORTED, STAYS)
    young = [silent, tried("esms", End.UNKNOWN)]
    assert route(KEYED, young, resting=NOBODY, now=NOW).gateways == ("esms",)
    old = [silent, tried("esms", End.UNKNOWN, STAYS)]
    assert route(KEYED, old, resting=NOBODY, now=NOW).gateways == ("modem",)


tries = st.lists(
    st.builds(
        Try,
        st.sampled_from([*KEYED, "gone"]),
        st.sampled_from(End),
        st.timedeltas(timedelta(0), timedelta(days=2)).map(lambda ago: NOW - ago),
    ),
    max_size=8,
).map(lambda found: sorted(found, key=lambda one: one.at))
rests = st.frozensets(st.sampled_from(sorted(KEYED)))


@given(tries, rests)
def test_there_is_a_way_unless_each_had_its_turn_and_never_one_twice(
    history: list[Try], resting: frozenset[str]
) -> None:
    chosen = route(KEYED, history, resting=resting, now=NOW)
    silent = {one.gateway for one in history if one.end is End.UNREPORTED}
    unsure = {one.gateway for one in history if one.end is End.UNKNOWN}
    assert len(set(chosen.gateways)) == len(chosen.gateways)
    assert set(chosen.gateways) <= KEYED.keys() - silent
    assert chosen.gateways or (silent and KEYED.keys() <= silent | unsure)
    if not silent:
        assert len(chosen.gateways) in {1, len(KEYED)}


@given(tries, rests)
def test_what_may_be_a_repeat_is_known_as_one(history: list[Try], resting: frozenset[str]) -> None:
    """Unmarked goes only what no gateway may have sent, or what its own key keeps from doubling."""
    chosen = route(KEYED, history, resting=resting, now=NOW)
    silent = {one.gateway for one in history if one.end is End.UNREPORTED}
    for name in set(chosen.gateways) - chosen.may_repeat:
        assert not silent
        for one in history:
            if one.end is End.UNKNOWN:
                assert one.gateway == name
                assert KEYED[name]
                assert NOW - one.at < KEY_LASTS
