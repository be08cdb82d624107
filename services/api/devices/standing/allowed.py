"""What a camera's owner should know of its approval: pure."""

from typing import Final

from services.api.camera_approvals.schemas import StandingOut
from services.api.devices.schemas import Warned, WarningOut
from shared.domain.camera_approval import Standing

_DETAILS: Final = {
    Standing.MISSING: "Nobody has asked that this camera may watch here: POST …/approvals.",
    Standing.REQUESTED: "The department has not decided on this camera yet.",
    Standing.ENDED: "The approval of this camera has ended, or was refused: ask anew.",
}


def approval_warnings(approval: StandingOut | None) -> list[WarningOut]:
    if approval is None or approval.standing is Standing.APPROVED:
        return []
    if approval.standing is Standing.REVIEW_DUE:
        detail = f"Somebody had to look again by {approval.review_on} whether it is still needed."
        return [WarningOut(code=Warned.REVIEW_DUE, detail=detail)]
    detail = f"It records nothing. {_DETAILS[approval.standing]}"
    return [WarningOut(code=Warned.MAY_NOT_RECORD, detail=detail)]
