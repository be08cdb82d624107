import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain import ledger
from shared.domain.ledger import Head, Line, SignedHead

LINE = Line(
    n=1, at=datetime(2026, 7, 1, tzinfo=UTC), actor="user:7", role="INSPECTOR", verb="read",
    subject="person", key="12", facility_id=3, admin_unit_id=None, purpose="", address="::1",
    trace_id="t", detail="{}",
)  # fmt: skip
HEAD = Head(
    number=2, size=7, at=datetime(2026, 7, 1, tzinfo=UTC), root=bytes(32), previous=b"p" * 32,
    public_key=b"k" * 32,
)  # fmt: skip
TEXTS = st.text(max_size=8)


@given(st.lists(TEXTS, min_size=9, max_size=9), st.lists(TEXTS, min_size=9, max_size=9))
def test_no_two_lines_have_the_same_bytes(some: list[str], others: list[str]) -> None:
    one, other = saying(some), saying(others)
    assert (ledger.line_bytes(one) == ledger.line_bytes(other)) == (some == others)


def saying(texts: list[str]) -> Line:
    names = [one.name for one in fields(Line) if one.type is str]
    values: dict[str, Any] = dict(zip(names, texts, strict=True))
    return replace(LINE, **values)


@pytest.mark.parametrize(
    "other",
    [
        replace(LINE, n=2),
        replace(LINE, at=LINE.at + timedelta(microseconds=1)),
        replace(LINE, facility_id=None),
        replace(LINE, facility_id=None, admin_unit_id=3),
        replace(LINE, actor="user:", role="7INSPECTOR"),
    ],
)
def test_whatever_differs_gives_another_hash(other: Line) -> None:
    assert ledger.line_hash(ledger.GENESIS, other) != ledger.line_hash(ledger.GENESIS, LINE)


def test_a_line_is_chained_to_the_one_before() -> None:
    assert ledger.line_hash(b"a" * 32, LINE) != ledger.line_hash(b"b" * 32, LINE)


def test_the_bytes_of_a_line_stay_as_they_are() -> None:
    assert ledger.line_hash(ledger.GENESIS, LINE).hex() == (
        "a79310c9c3e5c7d65df4db95738c0ae9bb4768c7648aa227168e3312ff906158"
    )


def test_the_bytes_of_a_head_stay_as_they_are() -> None:
    assert HEAD.hash.hex() == "c5cb9b08c628f4b562350187c379560cde516aa370d919fc4586038d00c5e035"


def test_heads_are_kept_as_lines_of_json() -> None:
    heads = [SignedHead(HEAD, b"s" * 64), SignedHead(replace(HEAD, number=3), b"t" * 64)]
    assert ledger.heads_in("".join(map(ledger.line_of, heads)) + "\n") == heads


@pytest.mark.parametrize("line", ["{}", "[]", "3", "no json", json.dumps({"number": "x"})])
def test_what_is_no_head_is_named(line: str) -> None:
    with pytest.raises(ValueError, match="line 2 of the heads"):
        ledger.heads_in(ledger.line_of(SignedHead(HEAD, b"s" * 64)) + line)
