"""Whether an answer gave away what is not the asker's: text of others, a deed done, or a hint."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from tests.probe.cast import CODE, Actor
from tests.probe.fill import World
from tests.probe.questions import Question

_MARK = re.compile(r"qz(\d+)kx(?:-([a-z_]+))?[a-z0-9_-]*")
#: What differs between two answers that say the same.
_OWN_OF_AN_ANSWER: Final = frozenset({"trace_id", "instance"})
#: The access log, to which each question here adds a line.
ABOUT_QUESTIONS: Final = frozenset({"list_own_deeds", "list_access_log", "export_access_log"})
#: A fault of ours is no secret, but it is no answer either.
BROKEN: Final = HTTPStatus.INTERNAL_SERVER_ERROR


@dataclass(frozen=True, slots=True)
class Answer:
    """As it came over the wire."""

    status: int
    body: str


@dataclass(frozen=True, slots=True)
class Leak:
    """Something that should not have been told or done."""

    actor: str
    question: Question
    why: str
    answer: Answer


def leak_in(
    actor: Actor, question: Question, answer: Answer, twin: Answer | None, worlds: Sequence[World]
) -> Leak | None:
    """The first thing wrong with an answer, if any."""
    why = (
        _foreign_text(actor, question, answer, worlds)
        or _foreign_deed(actor, question, answer)
        or _difference(actor, question, answer, twin)
    )
    return Leak(actor.name, question, why, answer) if why else None


def _foreign_text(
    actor: Actor, question: Question, answer: Answer, worlds: Sequence[World]
) -> str | None:
    """What the asker has sent is no news to them."""
    sent = f"{question.path} {question.query} {json.dumps(question.body)}"
    for found in _MARK.finditer(answer.body):
        number, table = int(found[1]), found[2] or ""
        world = next((world for world in worlds if world.number == number), None)
        is_news = found[0] not in sent and not (
            # Lines about what the asker has asked before, by the codes sent then.
            question.operation in ABOUT_QUESTIONS and table == CODE
        )
        if world is not None and is_news and not actor.may_read(world, table):
            return f"text of world {number}, {table or 'some table'}: {found[0]}"
    return None


def _foreign_deed(actor: Actor, question: Question, answer: Answer) -> str | None:
    names_a_foreign_thing = question.twin is not None and question.world not in actor.worlds
    if names_a_foreign_thing and answer.status < HTTPStatus.MULTIPLE_CHOICES:
        return None if question.place.startswith("query") else "it was done, or told"
    return None


def _difference(
    actor: Actor, question: Question, answer: Answer, twin: Answer | None
) -> str | None:
    """An existing thing of others must look like none at all."""
    if twin is None or question.world in actor.worlds:
        return None
    if {answer.status, twin.status} & {BROKEN, HTTPStatus.TOO_MANY_REQUESTS}:
        return None
    if answer.status != twin.status:
        return f"{answer.status} where nothing at all gives {twin.status}"
    if _plain(answer.body) != _plain(twin.body):
        return "another text than where there is nothing at all"
    return None


def _plain(body: str) -> Any:
    """Without what belongs to the one answer, and without what the asker himself has sent."""
    try:
        told: Any = json.loads(body)
    except ValueError:
        return body
    if isinstance(told, Mapping):
        told = {key: value for key, value in told.items() if key not in _OWN_OF_AN_ANSWER}
    text = json.dumps(told, sort_keys=True)
    return re.sub(r"qz\d+kx[a-z0-9_.-]*|absent-9|987654321|probe-\d+|\b\d+\b", "…", text)
