"""What a passkey is asked to sign, and whether it did (WebAuthn); the one user of `webauthn`."""

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import webauthn
from webauthn.helpers import (
    options_to_json_dict,
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from services.api.settings import Settings
from shared.runtime.errors import GiamsatError

_TIMEOUT_MS: Final = 5 * 60 * 1000
_SHOWN_AS: Final = "giamsat"
#: Whose page may use a passkey without TLS: the same machine's.
_LOCAL: Final = "localhost"
_VERIFIED: Final = UserVerificationRequirement.REQUIRED
Options = dict[str, Any]


class PasskeyError(GiamsatError):
    """What a browser sent is no answer to what we asked."""


@dataclass(frozen=True, slots=True)
class Party:
    """To which name passkeys belong, and from which page they are used."""

    host: str
    origin: str


@dataclass(frozen=True, slots=True)
class Owner:
    """For whom a passkey is made. The handle says nothing of who it is."""

    handle: bytes
    email: str
    name: str


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """What is kept of one."""

    credential_id: bytes
    public_key: bytes
    sign_count: int


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a browser says it answers, believed by nobody yet."""

    credential_id: bytes
    challenge: bytes
    handle: bytes | None


def party_of(settings: Settings, *, scheme: str, netloc: str) -> Party | None:
    """Passkeys need a name: nothing, where people find the console by a number. On this machine
    itself that is `localhost`, whatever the console's address is.
    """
    seen_as = urlsplit(settings.console_url)
    named = settings.passkey_host or (seen_as.hostname or "")
    asked = netloc.partition(":")[0]
    if named and not _is_number(named):
        return Party(named, f"{seen_as.scheme}://{seen_as.netloc}")
    return Party(_LOCAL, f"{scheme}://{netloc}") if asked == _LOCAL else None


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def to_register(party: Party, owner: Owner, *, there: Sequence[bytes], challenge: bytes) -> Options:
    """What `navigator.credentials.create` is to be given; not again for a passkey that is there."""
    options = webauthn.generate_registration_options(
        rp_id=party.host,
        rp_name=_SHOWN_AS,
        user_id=owner.handle,
        user_name=owner.email,
        user_display_name=owner.name,
        challenge=challenge,
        timeout=_TIMEOUT_MS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=_VERIFIED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in there],
    )
    return options_to_json_dict(options)


def to_log_in(party: Party, *, challenge: bytes) -> Options:
    """For `navigator.credentials.get`: the passkey itself says whose it is."""
    options = webauthn.generate_authentication_options(
        rp_id=party.host, challenge=challenge, timeout=_TIMEOUT_MS, user_verification=_VERIFIED
    )
    return options_to_json_dict(options)


def claimed(credential: Mapping[str, Any]) -> Claimed:
    """Of an answer to `to_log_in`. Raises `PasskeyError`."""
    try:
        parsed = parse_authentication_credential_json(dict(credential))
        told = parse_client_data_json(parsed.response.client_data_json)
    except (WebAuthnException, ValueError, TypeError, KeyError) as exc:
        raise PasskeyError("It cannot be read.") from exc
    return Claimed(parsed.raw_id, told.challenge, parsed.response.user_handle)


def challenge_in(credential: Mapping[str, Any]) -> bytes:
    """Of an answer to `to_register`. Raises `PasskeyError`."""
    try:
        parsed = parse_registration_credential_json(dict(credential))
        return parse_client_data_json(parsed.response.client_data_json).challenge
    except (WebAuthnException, ValueError, TypeError, KeyError) as exc:
        raise PasskeyError("It cannot be read.") from exc


def registered(party: Party, credential: Mapping[str, Any], *, challenge: bytes) -> NewPasskey:
    """Raises `PasskeyError`."""
    try:
        made = webauthn.verify_registration_response(
            credential=dict(credential),
            expected_challenge=challenge,
            expected_rp_id=party.host,
            expected_origin=party.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError) as exc:
        raise PasskeyError("It is not what was asked for.") from exc
    return NewPasskey(made.credential_id, made.credential_public_key, made.sign_count)


def sign_count_of(
    party: Party, credential: Mapping[str, Any], passkey: NewPasskey, *, challenge: bytes
) -> int:
    """How often it has signed, of a passkey that signed what was asked. Raises `PasskeyError`,
    also if it has signed less often than before: then it is a copy.
    """
    try:
        proof = webauthn.verify_authentication_response(
            credential=dict(credential),
            expected_challenge=challenge,
            expected_rp_id=party.host,
            expected_origin=party.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError) as exc:
        raise PasskeyError("It did not sign what was asked.") from exc
    return proof.new_sign_count
