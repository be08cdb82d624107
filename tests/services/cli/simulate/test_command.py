"""What cannot be done is said in one line, before anything is done."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.cli.__main__ import app


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ("simulate --devices=101", "of 1 to 100 devices"),
        ("simulate --dialect=morse", "No dialect 'morse'"),
        ("simulate --data=nowhere", "does not run on nowhere"),
        ("verify-coverage nowhere.jsonl", "nowhere.jsonl"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(words: str, complaint: str) -> None:
    result = CliRunner().invoke(app, words.split())
    assert result.exit_code == 1
    assert complaint in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_file_of_something_else_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("buy milk\n")
    result = CliRunner().invoke(app, ["verify-coverage", str(tmp_path / "notes.txt")])
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "line 1" in result.stderr
