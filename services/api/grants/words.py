"""What is shared, how closely, and how a grant stands, in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError

from services.api.console.refusals import SOMETHING, wrong_fields
from services.api.problems import RequestError
from shared.domain.disclosure import Dataset, GrantState, Level
from shared.i18n import Translator, marked

DATASETS: Final[Mapping[str, str]] = {
    Dataset.FACILITIES: marked("Facilities"),
    Dataset.COVERAGE: marked("Coverage by day"),
    Dataset.GAPS: marked("Gaps"),
    Dataset.INCIDENTS: marked("Incidents"),
}
LEVELS: Final[Mapping[str, str]] = {
    Level.AGGREGATE: marked("Counts only"),
    Level.PSEUDONYMOUS: marked("One by one, without names"),
    Level.NAMED: marked("With code and name"),
}
STATES: Final[Mapping[str, str]] = {
    GrantState.PROPOSED: marked("proposed"),
    GrantState.REFUSED: marked("refused"),
    GrantState.COMING: marked("approved, not yet begun"),
    GrantState.IN_FORCE: marked("in force"),
    GrantState.ENDED: marked("ended"),
    GrantState.REVOKED: marked("revoked"),
}
#: By the code of the problem.
REFUSALS: Final[Mapping[str, str]] = {
    "four_eyes": marked("Somebody else has to decide on what you proposed."),
    "not_open": marked("It was decided or ended in the meantime."),
    "agency_revoked": marked("This agency is revoked."),
    "code_taken": marked("This code is taken. Choose another."),
    "key_known": marked("This key was registered before. Ask for a new one."),
    "kid_taken": marked("Another key has this name. Ask for another name."),
    "too_many_keys": marked("Five keys are in force. Revoke one that is not used."),
    "keys_not_fetched": marked("The address does not answer. The keys stay as they were."),
    "keys_unusable": marked("The address holds no keys that we take."),
    "too_many_webhooks": marked("Ten addresses are called already. Remove one first."),
    "no_key": marked("No calls can be made here: the key that signs them is not set."),
}
#: By the field that was wrong.
FIELDS: Final[Mapping[str, str]] = {
    "agency": marked("Choose an agency."),
    "authority": marked("Choose an authority."),
    "valid_to": marked("The last day must come later, by two years at most."),
    "level": marked("Counts of one facility are never told. Choose a unit, or another level."),
    "purpose": marked("Say for which purpose."),
    "legal_basis": marked("Say on which legal basis."),
    "code": marked("The code may have letters, digits, dot and hyphen, and no spaces."),
    "name": marked("Give a name of at most 200 letters."),
    "contact_office": marked("Name the office to write to."),
    "jwks": marked("Paste its public keys, or give the address where it publishes them; not both."),
    "jwks_uri": marked("The address must be a public one and begin with https://."),
    "jwk": marked("This is no public key that we take: RSA, P-256 or Ed25519."),
    "not_after": marked("Choose a day that is still to come."),
    "reason": marked("Say why."),
    "url": marked("The address must be a public one and begin with https://."),
    "events": marked("Choose what it is told of."),
}


@dataclass(frozen=True, slots=True)
class Labels:
    """In one reader's language, for templates."""

    t: Translator

    def dataset(self, code: str) -> str:
        return self.t.gettext(DATASETS[code]) if code in DATASETS else code

    def level(self, code: str) -> str:
        return self.t.gettext(LEVELS[code]) if code in LEVELS else code

    def state(self, code: str) -> str:
        return self.t.gettext(STATES[code])

    @property
    def datasets(self) -> list[tuple[str, str]]:
        return [(code, self.t.gettext(label)) for code, label in DATASETS.items()]

    @property
    def levels(self) -> list[tuple[str, str]]:
        return [(code, self.t.gettext(label)) for code, label in LEVELS.items()]


def told(refusal: RequestError | ValidationError, t: Translator) -> str:
    """Why a form was refused."""
    if isinstance(refusal, RequestError) and refusal.code in REFUSALS:
        return t.gettext(REFUSALS[refusal.code])
    wrong = wrong_fields(refusal)
    words = [t.gettext(text) for field, text in FIELDS.items() if field in wrong]
    return " ".join(words) or t.gettext(SOMETHING)
