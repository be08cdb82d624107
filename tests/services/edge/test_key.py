import base64
import stat
from pathlib import Path

import pytest

from services.edge import key
from shared.runtime.ed25519 import SigningKey


def printed(capsys: pytest.CaptureFixture[str]) -> bytes:
    return base64.b64decode(capsys.readouterr().out.strip(), validate=True)


def test_a_new_key_is_kept_for_its_owner_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "gw.pem"
    assert key.main([str(file)]) == 0
    assert SigningKey.load(file.read_bytes()).public_key == printed(capsys)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_key_that_is_there_is_shown_and_not_replaced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "gw.pem"
    assert key.main([str(file)]) == key.main([str(file)]) == 0
    first, second = capsys.readouterr().out.split()
    assert first == second


def test_a_file_that_is_no_key_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "photo.jpg"
    file.write_bytes(b"a photo")
    assert key.main([str(file)]) == 1
    assert "Not a private Ed25519 key" in capsys.readouterr().err
    assert file.read_bytes() == b"a photo"


def test_a_folder_that_is_not_there_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert key.main([str(tmp_path / "none" / "gw.pem")]) == 1
    assert "No such file" in capsys.readouterr().err
