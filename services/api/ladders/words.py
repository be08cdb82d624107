"""What ladders and rotas are called on pages: msgids, to be translated where they are shown."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from pydantic import ValidationError

from services.api.console.refusals import wrong_fields
from services.api.people.words import ROLES
from services.api.problems import ConflictError, MissingError, RequestError
from shared.domain import ladders
from shared.domain.access import Role
from shared.domain.delivery import Channel
from shared.domain.escalation import How
from shared.domain.ladders import TELLABLE
from shared.domain.office_hours import Hours
from shared.domain.states import Severity
from shared.i18n import Translator, marked

HOURS: Final[Mapping[str, str]] = {
    Hours.ANY: marked("at any time"),
    Hours.OFFICE: marked("in office hours"),
    Hours.OFF_HOURS: marked("outside office hours"),
}
SEVERITIES: Final[Mapping[str, str]] = {
    Severity.NOTICE: marked("slight"),
    Severity.WARNING: marked("serious"),
    Severity.CRITICAL: marked("critical"),
}
CHANNELS: Final[Mapping[str, str]] = {
    Channel.EMAIL: marked("e-mail"),
    Channel.SMS: marked("SMS"),
    Channel.PUSH: marked("browser"),
}
#: The orders that a form offers; the API takes any.
ORDERS: Final[Sequence[tuple[Channel, ...]]] = (
    (Channel.EMAIL,),
    (Channel.SMS,),
    (Channel.EMAIL, Channel.SMS),
    (Channel.SMS, Channel.EMAIL),
    (Channel.PUSH, Channel.EMAIL),
    (Channel.PUSH, Channel.SMS, Channel.EMAIL),
)
HOW: Final[Mapping[str, str]] = {
    How.ON_DUTY: marked("on duty"),
    How.DEPUTY_ON_DUTY: marked("deputy on duty"),
    How.HOLDER: marked("everybody in this role"),
    How.DEPUTY: marked("deputy"),
    How.NOBODY: marked("nobody can be told"),
}
OBSTACLES: Final[Mapping[str, str]] = {
    ladders.Obstacle.NO_STEPS: marked("Name at least one step."),
    ladders.Obstacle.TOO_MANY: marked("A ladder has twenty steps at most."),
    ladders.Obstacle.SEES_NOTHING: marked(
        "This role may not see what is watched, so it must not be told."
    ),
    ladders.Obstacle.CANNOT_ACKNOWLEDGE: marked(
        "This role cannot take anything up, so it would be waited for without end."
    ),
    ladders.Obstacle.NOT_IN_ORDER: marked("A later step comes before an earlier one."),
    ladders.Obstacle.NO_CHANNEL: marked("Choose a channel for each step."),
    "ended": marked("Somebody else has changed this ladder meanwhile."),
    "usual": marked("The ladder for everything cannot end. Change it instead."),
}
FIELDS: Final[Mapping[str, str]] = {
    "name": marked("Give the ladder a name."),
    "steps": marked("Name at least one step, with a role and a time."),
}
SOMETHING: Final = marked("Something in the form is not right.")


def told(refusal: ValidationError | RequestError, t: Translator) -> str:
    """Raises what is no mistake in the form: it has a page of its own."""
    if isinstance(refusal, ValidationError):
        fields = wrong_fields(refusal)
        said = [text for field, text in FIELDS.items() if field in fields]
        return t.gettext(said[0] if said else SOMETHING)
    if isinstance(refusal, MissingError) or refusal.code not in OBSTACLES:
        if not isinstance(refusal, ConflictError):
            raise refusal
        return t.gettext(SOMETHING)
    return t.gettext(OBSTACLES[refusal.code])


def in_order(channels: Sequence[str], t: Translator) -> str:
    """The first one first."""
    return " → ".join(t.gettext(CHANNELS[one]) for one in channels)


def roles(t: Translator) -> dict[str, str]:
    """Who may be told."""
    return {role: t.gettext(ROLES[role]) for role in TELLABLE}


def length(seconds: int | None, t: Translator) -> str:
    if seconds is None:
        return ""
    return t.duration(timedelta(seconds=seconds)) if seconds else t.gettext("at once")


def role(code: str, t: Translator) -> str:
    return t.gettext(ROLES[Role(code)])
