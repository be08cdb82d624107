"""The story of an incident whose facility came under another jurisdiction, in both languages."""

from datetime import UTC, datetime

import pytest

from services.api.incidents.schemas import EventOut, IncidentDetailOut, NotificationOut
from services.api.incidents.story.telling import story
from services.api.overview.shown import Voice
from shared.domain.access import Role
from shared.domain.states import Cause, IncidentState
from shared.i18n import translator

AT = datetime(2026, 11, 20, 5, tzinfo=UTC)
MOVED = {
    "reassignment_id": 1, "from_unit": "xã Hà Mòn", "to_unit": "xã Đăk Hà",
    "legal_basis": "Nghị quyết 1677", "nobody_at": ["COMMUNE_CPO"],
}  # fmt: skip


def incident() -> IncidentDetailOut:
    return IncidentDetailOut(
        id=1, facility="F", cause=Cause.FACILITY_SILENT, state=IncidentState.OPEN, since=AT,
        opened_at=AT, resolved_at=None, acknowledged_at=None, gaps=[], acknowledgements=[],
        timeline=[EventOut(id=1, at=AT, kind="jurisdiction_reassigned", gap=None, detail=MOVED)],
        notifications=[
            NotificationOut(
                kind="handed_over", role=Role.DEPT_OFFICER, channel="email", state="sent",
                created_at=AT, due_at=None, sent_at=AT, attempts=1, outcome="accepted",
                address=None,
            )
        ],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("language", "moved", "note", "told"),
    [
        (
            "vi",
            "Cơ sở chuyển từ xã Hà Mòn sang xã Đăk Hà; người có thẩm quyền mới tiếp nhận",
            "Nghị quyết 1677 · Ở đó chưa có: cán bộ xã",
            "Đã bàn giao cho Sở Y tế mới",
        ),
        (
            "en",
            "The facility came from xã Hà Mòn to xã Đăk Hà; who is in charge now takes over",
            "Nghị quyết 1677 · No one holds there: the commune officer",
            "Handed over to the Department of Health now in charge",
        ),
    ],
)
def test_the_story_tells_from_where_to_where_by_what_law_and_to_whom(
    language: str, moved: str, note: str, told: str
) -> None:
    lines = story(incident(), {}, Voice(translator(language), str))
    assert [(line.words, line.note) for line in lines] == [
        (moved, note),
        (told, {"vi": "thư điện tử", "en": "e-mail"}[language]),
    ]
