"""One's own account as JSON."""

from typing import Literal

from pydantic import BaseModel, Field

from services.api.inputs import Text
from services.api.sessions.schemas import MOST_TYPED


class PassphraseIn(BaseModel):
    """The old passphrase, and the one that is to take its place."""

    old: Text = Field(min_length=1, max_length=MOST_TYPED)
    new: Text = Field(max_length=MOST_TYPED, description="15 to 128 characters, whichever")


class ProofIn(BaseModel):
    """One's passphrase once more."""

    passphrase: Text = Field(min_length=1, max_length=MOST_TYPED)


class LanguageIn(BaseModel):
    """In which language one is written to."""

    language: Literal["vi", "en"]
