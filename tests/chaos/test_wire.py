from hypothesis import given
from hypothesis import strategies as st

from tests.chaos.wire import CoverageCommits


def message(kind: bytes, body: bytes) -> bytes:
    return kind + (len(body) + 4).to_bytes(4, "big") + body


SSL = message(b"", (80877103).to_bytes(4, "big"))
START = message(b"", (196608).to_bytes(4, "big") + b"user\0ingest\0\0")
PARSE = message(b"P", b"s1\0INSERT INTO device_day AS kept ...\0\0\0")
OTHER = message(b"P", b"s2\0SELECT version FROM registry_version\0\0\0")
ADD = message(b"B", b"\0s1\0...") + message(b"E", b"\0\0\0\0\0") + message(b"S", b"")
LOOK = message(b"B", b"\0s2\0...") + message(b"S", b"")
BEGIN = message(b"Q", b"BEGIN;\0")
COMMIT = message(b"Q", b"COMMIT;\0")
ROLLBACK = message(b"Q", b"ROLLBACK;\0")


def spotted(*messages: bytes) -> list[bool]:
    spots = CoverageCommits()
    return [spots(one) for one in messages]


def test_the_commit_of_coverage_is_spotted() -> None:
    assert spotted(SSL, START, BEGIN, PARSE, ADD, COMMIT)[-1]


def test_that_of_a_prepared_statement_used_again_too() -> None:
    assert spotted(START, BEGIN, PARSE, ADD, COMMIT, BEGIN, ADD, COMMIT)[-1]


def test_other_commits_are_not() -> None:
    assert not any(spotted(START, BEGIN, PARSE, OTHER, LOOK, COMMIT))
    assert not any(spotted(START, BEGIN, PARSE, ADD, ROLLBACK, BEGIN, LOOK, COMMIT))


@given(st.lists(st.integers(1, 40)))
def test_it_is_spotted_however_it_is_cut_up(sizes: list[int]) -> None:
    whole = SSL + START + BEGIN + PARSE + OTHER + ADD + COMMIT
    pieces = []
    for size in [*sizes, len(whole)]:
        pieces.append(whole[:size])
        whole = whole[size:]
    assert spotted(*pieces).count(True) == 1
