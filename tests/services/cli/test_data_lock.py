import os
from pathlib import Path

import pytest

from services.cli import data_lock
from services.cli.data_lock import AlreadyRunningError


def test_a_second_start_on_the_same_data_is_refused_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    with data_lock.held(file), pytest.raises(AlreadyRunningError) as refusal, data_lock.held(file):
        pass
    words = str(refusal.value)
    assert "\n" not in words
    assert str(tmp_path) in words
    assert str(os.getpid()) in words


def test_the_lock_is_free_after_the_end(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    with data_lock.held(file):
        pass
    with data_lock.held(file):
        pass
