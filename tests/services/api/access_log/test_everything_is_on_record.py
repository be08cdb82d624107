"""Every operation of the API: what changes something leaves a line, and so does a look at people.

Read from the code: from each route along all that it calls, to where a line is written.
"""

import ast
import inspect
import re
import sys
import textwrap
import typing
from collections.abc import Callable, Iterator
from functools import cache
from types import FunctionType, ModuleType
from typing import Any

import pytest
from fastapi.routing import APIRoute
from pydantic import BaseModel

from services.api.access import transactions
from services.api.access_log import queries as access_log
from services.api.app import NOUNS

WRITES = {
    transactions.changing, transactions.changing_each, transactions.disclosing,
    transactions.still_disclosing, access_log.add,
}  # fmt: skip
OPERATIONS = {
    route.operation_id or "": route
    for router in NOUNS
    for route in router.routes
    if isinstance(route, APIRoute)
}
CHANGES = sorted(name for name, one in OPERATIONS.items() if one.methods != {"GET"})
LOOKS = sorted(OPERATIONS.keys() - set(CHANGES))

#: Fields by which somebody could be known, by the look of them …
_TELLING = re.compile(r"(e?mail|(^|_)by|address|person|phone|contact|user|user_id|who)$")
_PEOPLE = re.compile(r"Person|Officer|User|Who|Actor|Passkey|Invitation|Acknowledgement")
#: … and those that look so and name nobody, or nobody but who asks.
NAMES_NOBODY = {
    "DiscoveredOut.address": "of a camera",
    "FacilityOut.address": "of a house",
    "CredentialOut.username": "of a device",
    "UnitOut.officers": "how many",
    "UnitDetailOut.officers": "how many",
    "UserOut.email": "their own",
    "UserOut.name": "their own",
    "OwnSessionOut.address": "their own",
    "PasskeyOut.name": "their own",
}
#: Answers that have no schema, or whose every read is to be known.
ALWAYS = {
    "export_access_log", "fetch_named_export", "prove_access_log_line", "pull_coverage",
    "pull_facilities", "pull_gaps", "pull_incidents", "read_document",
}  # fmt: skip
#: About oneself only.
OWN = {
    "list_own_browsers", "list_own_deeds", "list_own_factors", "list_own_sessions",
    "list_own_telephones", "who_am_i",
}  # fmt: skip
#: Changes that have no line, and why.
WITHOUT_A_LINE = {
    "ask_passkey_to_log_in": "nobody is known yet, and nothing is changed that lasts",
    "issue_agency_token": "each read with it is on record",
    "revoke_agency_token": "an agency puts its own token away",
    "test_adapter_rules": "only tries a message",
    "preview_template": "only shows what was typed",
}


@pytest.mark.parametrize("operation", sorted(set(CHANGES) - WITHOUT_A_LINE.keys()))
def test_what_changes_something_leaves_a_line(operation: str) -> None:
    assert leaves_a_line(OPERATIONS[operation].endpoint), f"{operation} changes unseen"


@pytest.mark.parametrize("operation", LOOKS)
def test_a_look_at_people_leaves_a_line(operation: str) -> None:
    told = sorted(set(personal(OPERATIONS[operation].response_model)) - NAMES_NOBODY.keys())
    if operation in OWN or not (told or operation in ALWAYS):
        return
    assert leaves_a_line(OPERATIONS[operation].endpoint), f"{operation} tells {told} unseen"


def test_the_test_can_tell_one_from_the_other() -> None:
    async def route(resources: Any, caller: Any) -> None:
        async with transactions.reading(resources, caller):
            pass

    assert not leaves_a_line(route)
    assert not leaves_a_line(OPERATIONS["list_zones"].endpoint)
    assert leaves_a_line(OPERATIONS["add_zone"].endpoint)
    assert set(personal(OPERATIONS["list_people"].response_model)) >= {"PersonOut.email"}
    assert set(personal(OPERATIONS["overview"].response_model)) == set()


def test_the_exceptions_are_operations_and_fields_that_exist() -> None:
    assert ALWAYS | OWN | WITHOUT_A_LINE.keys() <= OPERATIONS.keys()
    known = {name for one in LOOKS for name in personal(OPERATIONS[one].response_model)}
    assert {"FacilityOut.address", "UserOut.email"} <= known


def personal(kind: Any) -> Iterator[str]:
    """The fields of an answer, and of all in it, by which somebody could be known."""
    for model in models_in(kind, set()):
        for name in model.model_fields:
            is_name = name == "name" and _PEOPLE.search(model.__name__)
            if is_name or _TELLING.search(name):
                yield f"{model.__name__}.{name}"


def models_in(kind: Any, seen: set[type[BaseModel]]) -> set[type[BaseModel]]:
    if isinstance(kind, type) and issubclass(kind, BaseModel) and kind not in seen:
        seen.add(kind)
        for field in kind.model_fields.values():
            models_in(field.annotation, seen)
    for part in typing.get_args(kind):
        models_in(part, seen)
    return seen


def leaves_a_line(endpoint: Callable[..., Any]) -> bool:
    """Whether a line is written by it, or by anything that it calls."""
    seen: set[Any] = set()
    left: list[Any] = [endpoint]
    while left:
        one = left.pop()
        if one in WRITES:
            return True
        if one not in seen:
            seen.add(one)
            left.extend(called_by(one))
    return False


@cache
def called_by(function: Any) -> tuple[Any, ...]:
    """The functions and classes of the api that it names."""
    inner = inspect.unwrap(function)
    if isinstance(inner, type):
        return tuple(one for one in vars(inner).values() if isinstance(one, FunctionType))
    if not isinstance(inner, FunctionType) or inner.__code__.co_filename.startswith("<"):
        return ()
    tree = ast.parse(textwrap.dedent(inspect.getsource(inner)))
    names = {**vars(sys.modules[inner.__module__]), **inspect.getclosurevars(inner).nonlocals}
    found = (resolved(node, names) for node in ast.walk(tree))
    return tuple(one for one in found if is_ours(one))


def resolved(node: ast.AST, names: dict[str, Any]) -> Any:
    match node:
        case ast.Name(id=name):
            return names.get(name)
        case ast.Attribute(value=ast.Name(id=name), attr=attribute):
            holder = names.get(name)
            return getattr(holder, attribute, None) if isinstance(holder, ModuleType) else None
    return None


def is_ours(one: Any) -> bool:
    module = getattr(one, "__module__", None) or ""
    return callable(one) and module.startswith(("services.api", "tests.services.api"))
