"""Why an agency is not answered, so that it can do something about it."""

from http import HTTPStatus

from services.api.feeds.agency import TokenRefusedError
from services.api.problems import ConflictError, ForbiddenError, MissingError, RequestError
from shared.domain.disclosure import Decision, Why


class ScopeError(RequestError):
    """RFC 6750: the token is good, but not for this."""

    status = HTTPStatus.FORBIDDEN
    code = "insufficient_scope"


def refused(decision: Decision) -> RequestError:
    """The error of a decision that grants nothing."""
    own = ", ".join(str(one) for one in decision.choice)
    errors: dict[Why, RequestError] = {
        Why.NOT_IN_SCOPE: ScopeError("This token was not asked for with this dataset."),
        Why.NOT_BOUND: TokenRefusedError("Named data goes only to tokens bound by DPoP."),
        Why.UNKNOWN_GRANT: MissingError("grant"),
        Why.WHICH_GRANT: ConflictError(f"Say under which grant: {own}.", code=Why.WHICH_GRANT),
        Why.NOT_IN_FORCE: ForbiddenError("This grant is not in force.", code=Why.NOT_IN_FORCE),
    }
    nothing = ForbiddenError("Nothing of this was granted to you.", code=Why.NO_GRANT)
    return errors.get(decision.why, nothing)
