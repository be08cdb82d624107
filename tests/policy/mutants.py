"""Policies that differ from ours in one place: a cell of a table, or an operator of a function."""

import ast
import sys
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, Final

from shared.domain import access
from tests.policy.expectations import EXPECTATIONS

SOURCE: Final = Path(access.__file__)
OURS: Final = compile(SOURCE.read_text(), str(SOURCE), "exec")


@dataclass(frozen=True, slots=True)
class Mutant:
    """What was changed, and how to get the policy in which it was."""

    name: str
    make: Callable[[], ModuleType]


def all_mutants() -> Iterator[Mutant]:
    yield from _cells("POLICY", access.POLICY, list(access.Action))
    yield from _cells("HELD_AT", access.HELD_AT, list(access.PlaceKind))
    yield from _cells("DELEGATION", access.DELEGATION, list(access.Role))
    yield from _members()
    yield from _lengths()
    yield from _slips()


def killer_of(mutant: Mutant) -> str | None:
    """The first expectation that it breaks."""
    try:
        policy = mutant.make()
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return "it does not even load"
    for expectation in EXPECTATIONS:
        try:
            expectation(policy)
        except (
            ArithmeticError,
            AssertionError,
            AttributeError,
            LookupError,
            TypeError,
            ValueError,
        ):
            return expectation.__name__
    return None


# -- tables ---------------------------------------------------------------------------------


def _cells(name: str, table: Mapping[Any, frozenset[Any]], columns: list[Any]) -> Iterator[Mutant]:
    """Each role loses each thing that it has, and is given each that it has not."""
    for role in access.Role:
        for column in columns:
            changed = {**table, role: table.get(role, frozenset()) ^ {column}}
            yield Mutant(f"{name}[{role}] ^ {column}", _with(name, changed))


def _members() -> Iterator[Mutant]:
    for role in access.Role:
        changed = access.NEEDS_SECOND_FACTOR ^ {role}
        yield Mutant(f"NEEDS_SECOND_FACTOR ^ {role}", _with("NEEDS_SECOND_FACTOR", changed))


def _lengths() -> Iterator[Mutant]:
    for role in access.Role:
        length = access.LONGEST.get(role)
        others = [timedelta(days=30)] if length is None else [None, length * 2, length / 2]
        for other in others:
            changed = {**access.LONGEST, role: other}
            yield Mutant(f"LONGEST[{role}] = {other}", _with("LONGEST", changed))


def _with(name: str, value: object) -> Callable[[], ModuleType]:
    def make() -> ModuleType:
        policy = _loaded(OURS, name)
        # Its roles are equal to ours, as texts are.
        setattr(policy, name, value)
        return policy

    return make


# -- slips of the pen -----------------------------------------------------------------------

_SWAPS: Final[Mapping[type[ast.AST], type[ast.AST]]] = {
    ast.And: ast.Or, ast.Or: ast.And, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot,
    ast.IsNot: ast.Is, ast.Sub: ast.BitOr, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip


def _slips() -> Iterator[Mutant]:
    tree = ast.parse(SOURCE.read_text())
    for number, node in enumerate(ast.walk(tree)):
        for name, change in _changes(node):
            where = f"line {getattr(node, 'lineno', 0)}: {name}"
            yield Mutant(where, _slipped(tree, number, change))


Change = Callable[[Any], None]


def _changes(node: ast.AST) -> Iterator[tuple[str, Change]]:
    """Every way in which this one node could have been written wrongly."""
    match node:
        case ast.BoolOp() | ast.BinOp() | ast.AugAssign() if type(node.op) in _SWAPS:
            yield f"{type(node.op).__name__} swapped", _swap_operator
        case ast.Compare() if type(node.ops[0]) in _SWAPS:
            yield f"{type(node.ops[0]).__name__} swapped", _swap_comparison
        case ast.UnaryOp(op=ast.Not()):
            yield "not left out", _leave_out_not
        case ast.Set():
            yield from ((f"element {place} left out", _without(place)) for place in _places(node))
        case _:
            yield from _changes_of_flow(node)


def _changes_of_flow(node: ast.AST) -> Iterator[tuple[str, Change]]:
    match node:
        case ast.If():
            yield "always", _decide(ast.Constant(True))
            yield "never", _decide(ast.Constant(False))
        case ast.Continue():
            yield "pass for continue", _keep_going
        case ast.Constant(value=bool()):
            yield f"not {node.value!r}", _negate
        case ast.Constant(value=int()):
            yield f"{node.value!r} + 1", _add_one


def _places(node: ast.Set) -> range:
    return range(len(node.elts))


def _swap_operator(node: Any) -> None:
    node.op = _SWAPS[type(node.op)]()


def _swap_comparison(node: Any) -> None:
    node.ops = [_SWAPS[type(node.ops[0])]()]


def _leave_out_not(node: Any) -> None:
    # What has an odd number of `not` in front of it, has an even one.
    node.operand = ast.UnaryOp(ast.Not(), node.operand)


def _negate(node: Any) -> None:
    node.value = not node.value


def _add_one(node: Any) -> None:
    node.value += 1


def _without(place: int) -> Change:
    def change(node: Any) -> None:
        del node.elts[place]

    return change


def _decide(outcome: ast.expr) -> Change:
    def change(node: Any) -> None:
        node.test = outcome

    return change


def _keep_going(node: Any) -> None:
    # A `continue` that goes on with the rest of the loop.
    node.__class__ = ast.Pass


def _slipped(tree: ast.Module, number: int, change: Change) -> Callable[[], ModuleType]:
    def make() -> ModuleType:
        copy = deepcopy(tree)
        change(list(ast.walk(copy))[number])
        code = compile(ast.fix_missing_locations(copy), str(SOURCE), "exec")
        return _loaded(code, "slipped")

    return make


def _loaded(code: CodeType, name: str) -> ModuleType:
    """Dataclasses look their module up by its name."""
    policy = ModuleType(f"{access.__name__}_{name.lower()}")
    sys.modules[policy.__name__] = policy
    try:
        exec(code, vars(policy))  # noqa: S102 - our own source
    finally:
        del sys.modules[policy.__name__]
    return policy
