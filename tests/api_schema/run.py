"""Asks every operation as every role and as nobody, and holds the answers against the document."""

import asyncio
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

import requests
import schemathesis.openapi
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, Case, GenerationMode, Response
from schemathesis.checks import not_a_server_error
from schemathesis.core import NOT_SET
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from services.cli.postgres import OWNER
from shared.runtime import clock
from tests.api_schema.company import Company, Guest, company
from tests.api_schema.stories import Scene, story_of
from tests.probe.fill import World
from tests.probe.run import running_api, stage
from tests.probe.samples import sample_of
from tests.support import databases
from tests.support.broker import running_broker

Operation = APIOperation[Any, Any, Any, Any]

CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
#: What ends things comes last: there would be nothing left to ask about.
_ENDS: Final = ("withdraw", "release", "revoke", "cancel", "refuse", "retire", "cut-over", "close")


@dataclass
class Tally:
    """What came of it."""

    operations: int = 0
    requests: int = 0
    seconds: float = 0
    #: The statuses that each operation has answered with.
    met: dict[str, set[int]] = field(default_factory=dict)
    #: By operation and what is wrong: the first request that showed it.
    faults: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def reached(self) -> list[str]:
        return sorted(name for name, met in self.met.items() if any(200 <= s < 300 for s in met))

    @property
    def unreached(self) -> list[str]:
        return sorted(set(self.met) - set(self.reached))


@dataclass(frozen=True, slots=True)
class Setting:
    """An api at work, who asks it, and about what."""

    base_url: str
    operations: Sequence[Operation]
    worlds: Sequence[World]
    company: Company


@contextmanager
def running() -> Iterator[Setting]:
    with databases.running_postgres() as server, running_broker() as broker:
        database = asyncio.run(databases.fresh_database(server))
        url = server.url_of(OWNER, server.password, database)
        filled = asyncio.run(stage(url))
        # Passkeys belong to a name, which a number is not.
        with (
            settings_of(API_CONSOLE_URL="http://localhost"),
            running_api(server, database, broker, "services.api") as base_url,
        ):
            schema = schemathesis.openapi.from_url(f"{base_url}/api/v1/openapi.json")
            found = [
                result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)
            ]
            yield Setting(base_url, sorted(found, key=_turn), filled.worlds, company(url, filled))


@contextmanager
def settings_of(**settings: str) -> Iterator[None]:
    """For the processes that are started within."""
    os.environ.update(settings)
    try:
        yield
    finally:
        for name in settings:
            del os.environ[name]


def _turn(operation: Operation) -> tuple[int, str, str]:
    method, path = operation.method.lower(), operation.path
    is_last = method == "delete" or path.endswith(_ENDS)
    order = 0 if method == "get" else 2 if is_last else 1
    # Of things within things the inner ones end first.
    return order, "" if not is_last else f"{9 - path.count('/')}", path


def name_of(operation: Operation) -> str:
    found: str = operation.definition.raw["operationId"]
    return found


def tell_stories(on: Setting, tally: Tally) -> dict[str, str]:
    """What a person who knows would send, by whoever may; what was said where nobody could."""
    asking = _Asking(on, tally)
    first = [operation for operation in on.operations if _turn(operation)[0] < 2]
    last = [operation for operation in on.operations if _turn(operation)[0] == 2]
    # Twice, because some go on from what others were told.
    for operation in (*first, *first, *last, *last):
        if name_of(operation) not in tally.reached:
            asking.tell(operation)
    return {name: said for name, said in asking.refused.items() if name in tally.unreached}


@dataclass(frozen=True, slots=True)
class Round:
    """How much is guessed: each operation by some guests, some times each."""

    number: int
    guests: int
    examples: int


def fuzz(on: Setting, tally: Tally, turn: Round) -> None:
    asking = _Asking(on, tally)
    for place, operation in enumerate(on.operations):
        for guest in on.company.some(place, turn.number, of=turn.guests):
            asking.guess(operation, guest, turn)


@dataclass
class _Asking:
    on: Setting
    tally: Tally
    session: requests.Session = field(default_factory=requests.Session)
    heard: dict[str, Any] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)

    def tell(self, operation: Operation) -> None:
        """By one after the other, until somebody may."""
        home, name = self.on.worlds[0], name_of(operation)
        story = story_of(name, operation, Scene(home, clock.now(), self.heard))
        if story is None:
            return
        for guest in story.guests:
            case = operation.Case(
                path_parameters={**self._home(operation, home), **story.path},
                query=dict(story.query),
                body=story.body,
                media_type=None if story.body is NOT_SET else story.media_type,
            )
            response = self._ask(case, self.on.company.guests[guest])
            if response.status_code < 300:
                self.heard[name] = _json(response)
                return
            if response.status_code != 403:
                self.refused[name] = f"{response.status_code} {response.text}"

    def guess(self, operation: Operation, guest: Guest, turn: Round) -> None:
        number = turn.number
        modes = (GenerationMode.POSITIVE, GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
        mode = modes[number % len(modes)]
        world = self.on.worlds[number % len(self.on.worlds)]
        home = self._home(operation, world) if number % 4 else None
        own = operation.as_strategy(mode, path_parameters=home or None)

        @seed(number)
        @settings(
            max_examples=turn.examples,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=own)
        def one(case: Case[Any]) -> None:
            self._ask(case, guest)

        # Where nothing is sent, nothing can be sent wrongly.
        with suppress(Unsatisfiable):
            one()

    def _home(self, operation: Operation, world: World) -> dict[str, Any]:
        names = [parameter.name for parameter in operation.path_parameters]
        found = {name: self._sample(name, operation.path, world) for name in names}
        return {name: value for name, value in found.items() if value is not None}

    def _sample(self, name: str, path: str, world: World) -> Any:
        """Nothing for what the worlds have none of: that is guessed."""
        with suppress(LookupError):
            return sample_of(name, path, world)
        return None

    def _ask(self, case: Case[Any], guest: Guest) -> Response:
        operation = name_of(case.operation)
        headers = guest.headers(operation)
        response = case.call(self.on.base_url, session=self.session, headers=headers)
        self.tally.requests += 1
        self.tally.met.setdefault(operation, set()).add(response.status_code)
        try:
            case.validate_response(response, checks=CHECKS)
        except FailureGroup as group:
            for failure in group.exceptions:
                key = (operation, f"{response.status_code} {getattr(failure, 'title', failure)}")
                said = f"{guest.name}: {case.formatted_path} {response.text[:300]} {failure}"
                self.tally.faults.setdefault(key, said[:1500])
        return response


def _json(response: Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None
