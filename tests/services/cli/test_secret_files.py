from pathlib import Path

from services.cli.secret_files import SecretFiles


def test_a_secret_is_made_once(tmp_path: Path) -> None:
    first = SecretFiles(tmp_path / "secrets").keep("api_mqtt_password")
    assert SecretFiles(tmp_path / "secrets").keep("api_mqtt_password") == first
    assert len(first) >= 32


def test_only_the_owner_may_read_secrets(tmp_path: Path) -> None:
    SecretFiles(tmp_path / "secrets").keep("owner_password")
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "secrets" / "owner_password").stat().st_mode & 0o777 == 0o600
