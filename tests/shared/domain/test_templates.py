import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain import templates
from shared.domain.delivery import Channel, MessageKind
from shared.domain.templates import (
    CHANNELS,
    FACTS,
    Flaw,
    Part,
    Placeholder,
    Words,
    allowed,
    check,
    fill,
    filled,
)

EMAIL, SMS = CHANNELS
LINKS = (Placeholder.LINK, Placeholder.LINKS)
GOOD = Words("{what}", "{what}.\n\n{lines}\n\n{link}")
#: Anything but braces, in lines.
said = st.text(st.characters(exclude_characters="{}", exclude_categories=["Cc", "Cs", "Z"]))
spaced = st.lists(said, max_size=4).map(" ".join)
names = st.sampled_from(sorted(Placeholder))
pieces = st.lists(st.one_of(spaced, names.map(lambda name: f"{{{name}}}")), max_size=6)
texts = st.lists(pieces.map("".join), max_size=6).map("\n".join)
facts_of_all = st.fixed_dictionaries(
    {name: st.one_of(st.just(""), st.text("abc ế{}\n", max_size=9)) for name in Placeholder}
)


def naive(text: str, facts: dict[Placeholder, str]) -> str:
    """Line by line, each name by itself; then blank lines that follow each other are one."""
    lines = []
    for line in text.split("\n"):
        found = re.findall(r"\{(\w+)\}", line)
        if not found or "".join(facts[Placeholder(name)] for name in found):
            value = {f"{{{name}}}": facts[Placeholder(name)] for name in found}
            parts = re.split(r"(\{\w+\})", line)
            lines.append("".join(value.get(part, part) for part in parts))
    whole = "\n".join(line.rstrip() for line in "\n".join(lines).split("\n"))
    return re.sub(r"\n\n+", "\n\n", whole).strip("\n")


@given(texts, facts_of_all)
def test_each_name_is_what_it_stands_for(text: str, facts: dict[Placeholder, str]) -> None:
    assert fill(text, facts) == naive(text, facts)


@given(texts, facts_of_all)
def test_a_line_of_a_short_message_is_one_line(text: str, facts: dict[Placeholder, str]) -> None:
    assert templates.fill_line(text, facts).split() == naive(text, facts).split()
    assert "\n" not in templates.fill_line(text, facts)


@given(
    st.builds(Words, texts, texts),
    st.sampled_from(sorted(FACTS)),
    st.sampled_from(CHANNELS),
    facts_of_all,
)
def test_what_was_checked_can_be_filled_if_there_is_a_link(
    words: Words, kind: MessageKind, channel: Channel, facts: dict[Placeholder, str]
) -> None:
    known = {name: value for name, value in facts.items() if name in FACTS[kind]}
    known |= {name: "https://x.example" for name in LINKS if name in FACTS[kind]}
    known |= {Placeholder.WHAT: "Lotus: not watched"}
    subject = words.subject if channel is EMAIL else ""
    ours = Words(f"{{what}} {subject}".strip() if channel is EMAIL else "", words.body)
    if not check(ours, kind, channel):
        done = filled(ours, known, channel)
        assert done is not None
        assert "https://x.example" in done.body


@given(st.text("{}ab.!:[]0 \n", max_size=12))
def test_any_text_is_judged_and_what_is_not_plain_is_refused(text: str) -> None:
    flaws = {one.flaw for one in check(Words("{what}", text + "{link}"), MessageKind.ALERT, EMAIL)}
    is_plain = not re.search(r"[{}]", text)
    assert (flaws == set()) is is_plain


@pytest.mark.parametrize(
    ("words", "kind", "channel", "problems"),
    [
        (GOOD, MessageKind.ALERT, EMAIL, []),
        (Words("", "{facility}: {zones} {link}"), MessageKind.ALERT, SMS, []),
        (Words("Hi", "{what} {link}"), MessageKind.ALERT, SMS, [(Flaw.SUBJECT, "")]),
        (Words(" ", GOOD.body), MessageKind.ALERT, EMAIL, [(Flaw.EMPTY, "")]),
        (Words("{what}", " "), MessageKind.ALERT, EMAIL, [(Flaw.EMPTY, "")]),
        (Words("{what}", "{what"), MessageKind.ALERT, EMAIL, [(Flaw.BRACE, "")]),
        (Words("{what}", "{{link}}"), MessageKind.ALERT, EMAIL, [(Flaw.BRACE, "")]),
        (Words("{what}", "no way out"), MessageKind.ALERT, EMAIL, [(Flaw.MISSING, "link")]),
        (Words("{child}", "{link}"), MessageKind.ALERT, EMAIL, [(Flaw.UNKNOWN, "child")]),
        (Words("{what!r}", "{link}"), MessageKind.ALERT, EMAIL, [(Flaw.UNKNOWN, "what!r:")]),
        (Words("{what.x}", "{link}"), MessageKind.ALERT, EMAIL, [(Flaw.UNKNOWN, "what.x")]),
        (Words("{n}", "{link}"), MessageKind.ALERT, EMAIL, [(Flaw.NOT_HERE, "n")]),
        (Words("{n}", "{link}"), MessageKind.REMINDER, EMAIL, []),
        (Words("{lines}", "{link}"), MessageKind.ALERT, EMAIL, [(Flaw.NOT_HERE, "lines")]),
        (Words("{link}", "{link}"), MessageKind.ALERT, EMAIL, [(Flaw.NOT_HERE, "link")]),
        (Words("", "{lines} {link}"), MessageKind.ALERT, SMS, [(Flaw.NOT_HERE, "lines")]),
        (Words("", "{link} {what}"), MessageKind.ALERT, SMS, [(Flaw.LINK_NOT_LAST, "link")]),
        (Words("{what}", "{links}"), MessageKind.EXEMPTION_ENDED, EMAIL, []),
        (Words("x" * 201, "{link}"), MessageKind.ALERT, EMAIL, [(Flaw.TOO_LONG, "200")]),
        (Words("", "x" * 400 + "{link}"), MessageKind.ALERT, SMS, [(Flaw.TOO_LONG, "400")]),
        (Words("{what}", "{link}"), MessageKind.ACCOUNT, EMAIL, [(Flaw.NOT_HERE, "what"),
                                         (Flaw.NOT_HERE, "link"), (Flaw.MISSING, "link")]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(
    words: Words, kind: MessageKind, channel: Channel, problems: list[tuple[Flaw, str]]
) -> None:
    assert [(one.flaw, one.about) for one in check(words, kind, channel)] == problems


def test_words_that_do_not_fit_what_there_is_to_say_are_not_used() -> None:
    assert filled(GOOD, {}, EMAIL) is None
    assert filled(Words("{what", "{link}"), {Placeholder.LINK: "x"}, EMAIL) is None
    empty = dict.fromkeys(Placeholder, "")
    assert filled(Words("{what}", "said"), empty, EMAIL) is None
    assert filled(Words("", "{what} {link}"), empty, SMS) is None
    assert filled(GOOD, empty | {Placeholder.WHAT: "It"}, EMAIL) == Words("It", "It.\n")


def test_a_subject_has_no_lists_and_no_links() -> None:
    for kind in FACTS:
        for channel in CHANNELS:
            assert Placeholder.LINK not in allowed(kind, channel, Part.SUBJECT)
            assert Placeholder.LINES not in allowed(kind, channel, Part.SUBJECT)
