from pathlib import Path

import pytest

from services.cli.simulate import truth
from services.cli.simulate.truth import TruthError
from services.cli.simulate.truth_file import TruthFile
from shared.domain.states import WatchState

RUN = truth.Run("T", 1, 2, {"seed": 1})
LINES: list[truth.Line] = [
    RUN,
    truth.Device(0, "SIM-T-0000", "d01", 30.0, 1, is_signing=True),
    truth.Voice(0, "SIM-T-0000", "d01", "heartbeat", (0,), is_cumulative=True),
    truth.Watched(0, 1, 2, WatchState.COVERED),
    truth.Sent(1, 0, "giamsat/v1/SIM-T-0000/d01/heartbeat", (0, 0), 2, 3, from_us=1),
    truth.Lost(2, 0, 2),
    truth.Again(((1, 1),), 4),
    truth.Answered(((1, 1),), 0, 5),
    truth.Acknowledged(((1, 1),), 6, ((1, "empty"),)),
    truth.End(7, 1, 1, 1),
]


def write(path: Path, *lines: truth.Line, is_synced: bool = False) -> None:
    with TruthFile(path, is_synced=is_synced) as file:
        file.write(lines)


def test_what_is_written_is_read_again_and_a_second_run_follows(tmp_path: Path) -> None:
    path = tmp_path / "truth.jsonl"
    write(path, *LINES)
    write(path, RUN, is_synced=True)
    assert list(truth.read(path)) == [*LINES, RUN]


def test_a_line_that_a_crash_has_torn_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "truth.jsonl"
    write(path, *LINES)
    path.write_bytes(path.read_bytes()[:-5])
    assert list(truth.read(path)) == LINES[:-1]


def test_another_file_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text(truth.encode(RUN).decode() + "\nbuy milk\n")
    with pytest.raises(TruthError, match="line 2"):
        list(truth.read(path))


def test_a_file_of_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "truth.jsonl"
    write(path, truth.Run("T", 1, 2, {}, version=99))
    with pytest.raises(TruthError, match="version 99"):
        list(truth.read(path))


def test_without_a_file_nothing_is_written() -> None:
    with TruthFile(None) as file:
        file.write(LINES)
