from pathlib import Path

import pytest
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.runtime import settings


class Sample(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="SAMPLE_", frozen=True)

    port: int = 1
    password: str


def test_a_secret_is_read_from_the_file_named_like_its_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sample_password").write_text("hidden")
    monkeypatch.setenv(settings.SECRETS_DIR, str(tmp_path))
    monkeypatch.setenv("SAMPLE_PORT", "7")
    assert settings.load(Sample) == Sample(port=7, password="hidden")


def test_what_is_missing_or_wrong_is_named_by_its_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(settings.SECRETS_DIR, raising=False)
    monkeypatch.setenv("SAMPLE_PORT", "many")
    with pytest.raises(
        SystemExit, match=r"SAMPLE_PORT: .*integer.*\n.*SAMPLE_PASSWORD: .*required"
    ):
        settings.load(Sample)
