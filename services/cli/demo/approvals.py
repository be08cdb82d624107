"""The demo's cameras as they must be: asked for by the manager, allowed by the department."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.cli.demo import queries
from services.cli.demo.province import FACILITIES, PROVINCE, people
from shared.domain.access import Role

PURPOSE: Final = "Theo dõi liên tục để không trẻ nào bị bỏ mặc"
JUSTIFICATION: Final = "Ban đêm chỉ có một người trực cho cả dãy nhà"
ALTERNATIVES: Final = (
    "Đã thử tăng lượt đi tuần và cảm biến chuyển động: không thấy được khi có người lạ vào"
)
#: Somebody must look again after so long; for this facility that time has passed already.
REVIEW_AFTER: Final = timedelta(days=180)
OVERDUE: Final = "hoa-sen"
OVERDUE_CODE: Final = "cam-2"


async def approve_cameras(
    connection: AsyncConnection,
    facilities: Mapping[str, int],
    users: Mapping[str, int],
    *,
    now: datetime,
) -> None:
    """By code and by address: the numbers under which all were registered."""
    officer = next(
        one.email for one in people() if one.role is Role.DEPT_OFFICER and one.unit == PROVINCE
    )
    managers = {one.facility: one.email for one in people() if one.role is Role.FACILITY_MANAGER}
    for place in FACILITIES:
        await queries.approve_cameras(
            connection,
            {
                "purpose": PURPOSE,
                "justification": JUSTIFICATION,
                "alternatives": ALTERNATIVES,
                "facility": facilities[place.code],
                "manager": users[managers[place.code]],
                "officer": users[officer],
                "now": now,
                "overdue": OVERDUE_CODE if place.code == OVERDUE else "",
                "soon": now.date(),
                "later": (now + REVIEW_AFTER).date(),
            },
        )
