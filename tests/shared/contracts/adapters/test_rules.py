from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.adapters.base import (
    Attestation,
    Condition,
    Heard,
    Memory,
    Statement,
    UnreadableError,
)
from shared.contracts.adapters.rules import READERS as DIALECTS
from shared.contracts.adapters.rules import (
    UNRULED,
    Dialect,
    Meaning,
    Reader,
    Rule,
    RuleBook,
    interpret,
)
from shared.domain.states import Hint

LEVELS = st.sampled_from(["", "a", "b", "ab"])
PREFIXES = st.lists(LEVELS, max_size=3).map("/".join)
NAMES = st.sampled_from(["", "x", "y", "x/y", "x/y/z", "*"])
PUBLISHED = st.builds(
    lambda prefix, rest: f"{prefix}/{rest}" if prefix else rest,
    PREFIXES,
    st.lists(LEVELS, min_size=1, max_size=2).map("/".join),
)


def echo(heard: Heard, memory: Memory) -> list[Statement]:
    """A dialect whose payload is the names it speaks of, and whose topics may be anything."""
    memory["heard"] = memory.get("heard", 0) + 1
    if heard.payload == b"?":
        raise UnreadableError("expected names")
    return [offline(name, heard) for name in heard.payload.decode().split(",") if name != "-"]


def offline(name: str, heard: Heard) -> Condition:
    return Condition(f"{name}", Hint.OFFLINE, True, heard.received_us + len(heard.topic))


READERS: Mapping[Dialect, Reader] = dict.fromkeys(Dialect, echo)


def book(*rules: Rule, readers: Mapping[Dialect, Reader] = READERS) -> RuleBook:
    return RuleBook(rules, readers)


def heard(rules: RuleBook, topic: str, payload: str, memory: Memory | None = None) -> Meaning:
    return rules.interpret(
        topic, payload.encode(), received_us=1000, is_retained=False, memory=memory
    )


def below(prefix: str, topic: str) -> str | None:
    """What follows the prefix level by level, the slow way."""
    wanted = prefix.split("/") if prefix else []
    levels = topic.split("/")
    if levels[: len(wanted)] != wanted or len(levels) == len(wanted):
        return None
    return "/".join(levels[len(wanted) :])


def naive(rules: list[Rule], topic: str, names: list[str]) -> list[tuple[str, str, int]] | None:
    """Device, name and length of the rest for each statement, looked up rule by rule."""
    fitting = [rule.prefix for rule in rules if below(rule.prefix, topic) is not None]
    if not fitting:
        return None
    longest = max(fitting, key=len)
    mine = [rule for rule in rules if rule.prefix == longest]
    rest = len(below(longest, topic) or "")
    expected: list[tuple[str, str, int]] = []
    for name in names:
        if name == "":
            devices = {rule.device: None for rule in mine}
        elif name.endswith("/"):
            devices = {rule.device: None for rule in mine if rule.name.startswith(name)}
        else:
            exact = [rule.device for rule in mine if rule.name == name]
            devices = dict.fromkeys(exact or [r.device for r in mine if r.name == "*"])
        expected += [(device, name, rest) for device in devices]
    return expected


@given(
    st.lists(
        st.builds(
            Rule, st.just(Dialect.FRIGATE), PREFIXES, NAMES, st.sampled_from(["d1", "d2", "d3"])
        ),
        max_size=8,
        unique_by=lambda rule: (rule.prefix, rule.name),
    ),
    PUBLISHED,
    st.lists(
        st.sampled_from(["", "x", "y", "z", "x/y", "x/", "x/y/", "y/"]), min_size=1, max_size=4
    ),
)
def test_names_map_as_if_every_rule_were_tried(
    rules: list[Rule], topic: str, names: list[str]
) -> None:
    meaning = heard(book(*rules), topic, ",".join(names))
    expected = naive(rules, topic, names)
    found = [
        (device, statement.name, statement.at_us - 1000) for device, statement in meaning.statements
    ]
    assert meaning.has_rule == (expected is not None)
    assert found == (expected or [])
    known = {name for _, name, _ in expected or []}
    single = {name for name in names if name and not name.endswith("/")}
    assert set(meaning.unmapped) == (single - known if expected is not None else set())


def test_a_topic_below_no_prefix_means_nothing() -> None:
    rules = book(Rule(Dialect.FRIGATE, "site/frigate", "*", "cam-1"))
    assert heard(rules, "site/other/x", "x") == UNRULED
    assert heard(rules, "site/frigate2/x", "x") == UNRULED
    assert heard(rules, "site/frigate", "x") == UNRULED
    assert heard(book(), "x", "x") == UNRULED


def test_an_exact_name_comes_before_any_name() -> None:
    rules = book(
        Rule(Dialect.FRIGATE, "f", "*", "other"), Rule(Dialect.FRIGATE, "f", "gate", "cam-1")
    )
    meaning = heard(rules, "f/x", "gate,yard")
    assert [device for device, _ in meaning.statements] == ["cam-1", "other"]


def test_the_longest_prefix_wins() -> None:
    rules = book(Rule(Dialect.FRIGATE, "", "*", "short"), Rule(Dialect.TASMOTA, "a/b", "*", "long"))
    assert heard(rules, "a/b/c", "x").dialect is Dialect.TASMOTA
    assert heard(rules, "a/c/b", "x").dialect is Dialect.FRIGATE


def test_what_a_hub_says_of_itself_is_said_of_each_device_once() -> None:
    rules = book(
        Rule(Dialect.FRIGATE, "f", "gate", "cam-1"),
        Rule(Dialect.FRIGATE, "f", "front", "cam-1"),
        Rule(Dialect.FRIGATE, "f", "yard", "cam-2"),
        Rule(Dialect.FRIGATE, "g", "hall", "cam-3"),
    )
    assert [device for device, _ in heard(rules, "f/available", "").statements] == [
        "cam-1",
        "cam-2",
    ]


def test_what_a_hub_says_of_those_behind_it_is_not_said_of_whatever_name() -> None:
    rules = book(
        Rule(Dialect.SPARKPLUG, "s", "edge", "gateway"),
        Rule(Dialect.SPARKPLUG, "s", "edge/door", "door-1"),
        Rule(Dialect.SPARKPLUG, "s", "*", "other"),
    )
    assert [device for device, _ in heard(rules, "s/x", "edge/").statements] == ["door-1"]


def test_dialects_below_one_prefix_leave_each_other_what_they_do_not_know() -> None:
    readers: dict[Dialect, Reader] = {
        Dialect.SHELLY: lambda heard, _: [Attestation("s", 1)] if heard.topic == "s" else [],
        Dialect.TASMOTA: echo,
    }
    rules = book(
        Rule(Dialect.TASMOTA, "", "*", "plug"),
        Rule(Dialect.SHELLY, "", "*", "button"),
        readers=readers,
    )
    assert heard(rules, "s", "?").statements == (("button", Attestation("s", 1)),)
    assert heard(rules, "t", "x").dialect is Dialect.TASMOTA
    with pytest.raises(UnreadableError, match="expected names"):
        heard(rules, "t", "?")


def test_a_rule_that_matches_is_told_even_if_nothing_was_said() -> None:
    rules = book(Rule(Dialect.FRIGATE, "f", "*", "cam-1"))
    assert heard(rules, "f/events", "-") == Meaning(Dialect.FRIGATE)


def test_each_prefix_remembers_for_itself() -> None:
    rules = book(Rule(Dialect.FRIGATE, "f", "*", "a"), Rule(Dialect.FRIGATE, "g", "*", "b"))
    memory: Memory = {}
    for topic in ("f/x", "f/y", "g/x"):
        heard(rules, topic, "x", memory)
    assert memory == {"frigate:f": {"heard": 2}, "frigate:g": {"heard": 1}}


def test_a_topic_of_thirty_thousand_levels_is_looked_up_at_once() -> None:
    rules = book(Rule(Dialect.FRIGATE, "f", "*", "a"))
    assert heard(rules, "/".join(["x"] * 30_000), "x") == UNRULED


@pytest.mark.parametrize("dialect", Dialect)
def test_a_dialect_is_the_module_of_its_name(dialect: Dialect) -> None:
    assert DIALECTS[dialect].__module__ == f"shared.contracts.adapters.{dialect}"


def test_a_real_message_goes_through_a_real_dialect() -> None:
    meaning = interpret(
        [Rule(Dialect.TASMOTA, "site/plugs", "kitchen", "plug-1")],
        "site/plugs/tele/kitchen/LWT",
        b"Offline",
        received_us=1000,
        is_retained=True,
    )
    assert meaning.statements == (
        ("plug-1", Condition("kitchen", Hint.OFFLINE, holds=True, at_us=1000)),
    )
