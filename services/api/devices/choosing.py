"""Gives a device to register what its profile says, where nothing else is said."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.devices.schemas import DeviceIn
from services.api.problems import ConflictError, InvalidError, MissingError
from services.api.profiles import queries as profiles
from shared.domain.places import DeviceKind
from shared.domain.rounds import INTERVAL_S


async def by_profile(connection: AsyncConnection, given: DeviceIn) -> tuple[DeviceIn, int | None]:
    """With the number of the version: what is copied stays, whatever becomes of the profile."""
    if given.kind is DeviceKind.ROUND_POINT:
        return _silent(given), None
    if given.profile is None:
        return given, None
    chosen = await profiles.chosen(connection, given.profile)
    if chosen is None:
        raise MissingError("device profile")
    profile_id, profile = chosen
    _must_fit(profile.kind, given)
    copied: dict[str, float] = {}
    if "interval_s" not in given.model_fields_set:
        copied["interval_s"] = profile.interval_s
        # To an interval of one's own belongs a tolerance of one's own, or the usual one.
        if given.tolerance_s is None:
            copied["tolerance_s"] = profile.tolerance_s
    return given.model_copy(update=copied), profile_id


def _silent(given: DeviceIn) -> DeviceIn:
    """A place on a round reports nothing; whoever comes by checks in there."""
    if given.profile is not None:
        raise InvalidError("body.profile", "A round point has none.", "Leave it out.")
    return given.model_copy(
        update={"interval_s": INTERVAL_S, "tolerance_s": None, "endpoint": None}
    )


def _must_fit(kind: DeviceKind, given: DeviceIn) -> None:
    """A sensor's profile may be of any sensor; but nothing that sees may pass for one."""
    if given.kind is DeviceKind.GATEWAY:
        raise InvalidError("body.profile", "A gateway has none.", "Leave it out.")
    if (kind is DeviceKind.CAMERA) is not (given.kind is DeviceKind.CAMERA):
        raise ConflictError(
            f"The profile {given.profile} is of a {kind}, and this is a {given.kind}. "
            "Choose another profile.",
            code="profile_of_another_kind",
        )
