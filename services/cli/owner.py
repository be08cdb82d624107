"""Where the database is reached as its owner, for what no service may do."""

from pydantic_settings import BaseSettings, SettingsConfigDict


class MigrateSettings(BaseSettings):
    """The owner's address of the database."""

    model_config = SettingsConfigDict(env_prefix="MIGRATE_", frozen=True)

    database_url: str
