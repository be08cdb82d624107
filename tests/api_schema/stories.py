"""What somebody who knows the API would send, where a guess would hardly ever be right."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import pyotp
from schemathesis.core import NOT_SET

from shared.domain.access import Role
from shared.domain.disclosure import Dataset
from tests.api_schema.company import AGENCY, PASSPHRASE, ROUND_POINT, SECOND, Asking
from tests.probe.fill import World
from tests.probe.samples import body_of
from tests.support import agency
from tests.support.push_service import Browser

#: Who is asked first; the next one if they may not.
_ANYBODY: Final[Sequence[Asking]] = (
    Role.DEPT_OFFICER, Role.SYS_ADMIN, Role.FACILITY_MANAGER, Role.DPO, Role.COMMUNE_CHAIR,
)  # fmt: skip
#: Whoever sets up a second factor is logged out elsewhere.
_PROVING: Final[Sequence[Asking]] = (Role.INSPECTOR,)
#: Answers that were good, by operation.
Heard = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Story:
    """One request in earnest."""

    body: Any = NOT_SET
    query: Mapping[str, Any] = field(default_factory=dict)
    path: Mapping[str, Any] = field(default_factory=dict)
    media_type: str = "application/json"
    guests: Sequence[Asking] = _ANYBODY


@dataclass(frozen=True, slots=True)
class Scene:
    """Where and when it is told, and what was heard before."""

    home: World
    now: datetime
    heard: Heard

    def at(self, **ahead: float) -> str:
        return (self.now + timedelta(**ahead)).isoformat()

    def day(self, ahead: int) -> str:
        return (self.now + timedelta(days=ahead)).date().isoformat()


_HEADS: Final = {"from": 1, "to": 2}
Teller = Callable[[Scene], Story]
_WORDS: Final = "as the law has it, for a test"
_BROWSER: Final[Mapping[str, Any]] = {
    "endpoint": "https://push.browser.example/send/1",
    "keys": Browser("").keys,
}


def _file(name: str, content: bytes, **fields: Any) -> Story:
    return Story({"file": content, **fields}, media_type="multipart/form-data")


def _code(scene: Scene, *, ahead_s: int) -> str:
    secret = scene.heard["propose_app"]["secret"]
    return pyotp.TOTP(secret).at(scene.now + timedelta(seconds=ahead_s))


def _agency(scene: Scene) -> Story:
    body = {
        "code": "schema-agency", "name": "An agency", "authority": "syt-51",
        "contact_office": "Office 1", "jwks": {"keys": [agency.public(agency.new_key())]},
    }  # fmt: skip
    return Story(body)


def _exception(scene: Scene) -> Story:
    body = {
        "kind": "mute", "facility": scene.home.facility, "reason": _WORDS,
        "starts_at": scene.at(minutes=5), "ends_at": scene.at(hours=2),
    }  # fmt: skip
    return Story(body, guests=(Role.FACILITY_MANAGER, Role.DEPT_OFFICER))


def _ladder(scene: Scene) -> dict[str, object]:
    steps = [{"role": "FACILITY_MANAGER", "after_s": 0, "repeat_s": 600}]
    return {"name": "Nights", "facility": scene.home.facility, "steps": steps}


def _on_duty(scene: Scene) -> dict[str, object]:
    people = scene.heard["list_duty_assignees"]
    manager = next(one for one in people if one["role"] == "FACILITY_MANAGER")
    return {
        "facility": scene.home.facility, "role": manager["role"], "person": manager["person"],
    }  # fmt: skip


def _shift(scene: Scene) -> Story:
    body = {**_on_duty(scene), "starts_at": scene.at(hours=1), "ends_at": scene.at(hours=9)}
    return Story(body, guests=(Role.FACILITY_MANAGER,))


def _series(scene: Scene) -> Story:
    body = {
        **_on_duty(scene), "first_on": scene.day(3), "last_on": scene.day(12),
        "weekdays": [0, 1, 2, 3, 4, 5, 6], "begins": "17:00", "ends": "07:30",
    }  # fmt: skip
    return Story(body, guests=(Role.FACILITY_MANAGER,))


def _grant(scene: Scene) -> Story:
    body = {
        "agency": "schema-agency", "dataset": "facilities", "unit": "51", "purpose": _WORDS,
        "legal_basis": _WORDS, "level": "aggregate", "valid_to": scene.at(days=30),
    }  # fmt: skip
    return Story(body)


def _camera(scene: Scene) -> Story:
    body = {
        "purpose": _WORDS, "justification": _WORDS, "alternatives": _WORDS,
        "review_on": scene.day(90),
    }  # fmt: skip
    camera = scene.heard["register_device"]["code"]
    return Story(body, path={"device": camera})


def _of_camera(body: Mapping[str, Any]) -> Teller:
    def told(scene: Scene) -> Story:
        asked = scene.heard["request_camera_approval"]
        path = {"device": scene.heard["register_device"]["code"], "approval": asked["id"]}
        return Story(dict(body), path=path, guests=(SECOND,))

    return told


def _pull(dataset: Dataset) -> Teller:
    def told(scene: Scene) -> Story:
        grants = scene.heard["list_own_grants"]["items"]
        fitting = [g for g in grants if g["dataset"] == dataset and g["level"] != "named"]
        return Story(query={"grant": fitting[0]["id"]}, guests=(AGENCY,))

    return told


_TOLD: Final[Mapping[str, Teller]] = {
    "list_camera_approvals": lambda _: Story(query={"which": "in_force"}),
    "register_agency": _agency,
    "add_agency_key": lambda _: Story(
        {"jwk": agency.public(agency.new_key("second"))}, path={"agency": "schema-agency"}
    ),
    "end_agency_key": lambda scene: Story(
        {"not_after": scene.at(hours=1)},
        path={
            "agency": "schema-agency",
            "thumbprint": scene.heard["register_agency"]["keys"][0]["thumbprint"],
        },
    ),
    "revoke_agency_key": lambda scene: Story(
        path={
            "agency": "schema-agency",
            "thumbprint": scene.heard["register_agency"]["keys"][0]["thumbprint"],
        },
    ),
    "ask_for_approval": _exception,
    "begin_ladder": lambda scene: Story(_ladder(scene), guests=(Role.DEPT_OFFICER,)),
    "preview_ladder": lambda scene: Story(query={"facility": scene.home.facility}),
    "change_ladder": lambda scene: Story(
        {"steps": [{"role": "DEPT_OFFICER", "after_s": 60}]},
        path={"ladder": scene.heard["begin_ladder"]["id"]},
    ),
    "test_template": lambda _: Story(
        {"subject": "{what}", "body": "{link}"}, path={"channel": "email"},
        guests=(Role.SYS_ADMIN,),
    ),
    "remove_template": lambda scene: Story(
        path={"channel": scene.heard["set_template"]["channel"]}, guests=(Role.SYS_ADMIN,)
    ),
    "end_ladder": lambda scene: Story(path={"ladder": scene.heard["change_ladder"]["id"]}),
    "list_duty_assignees": lambda scene: Story(
        query={"facility": scene.home.facility}, guests=(Role.FACILITY_MANAGER,)
    ),
    "add_shift": _shift,
    "add_duty_series": _series,
    "act_on_incident": lambda _: Story({"kind": "comment", "note": _WORDS}),
    "cancel_shift": lambda scene: Story(
        path={"shift": scene.heard["add_shift"]["id"]}, guests=(Role.FACILITY_MANAGER,)
    ),
    "label_round_point": lambda _: Story(path={"device": ROUND_POINT}),
    "check_in": lambda scene: Story(
        {"code": scene.heard["label_round_point"]["code"]}, guests=(Role.FACILITY_MANAGER,)
    ),
    "propose_grant": _grant,
    "approve_grant": lambda scene: Story(
        path={"grant": scene.heard["propose_grant"]["id"]}, guests=(SECOND,)
    ),
    "register_facility": lambda _: Story(
        {"code": "schema-1", "name": "A new house", "admin_unit": "51-a"}
    ),
    "register_device": lambda scene: Story(
        {
            "code": "cam-new", "name": "A camera", "kind": "camera",
            "zone": scene.home.rows["zone"]["code"],
        }
    ),
    "issue_enrolment": lambda scene: Story(
        {"kind": "door", "zone": scene.home.rows["zone"]["code"], "code": "door-new"}
    ),
    "redeem_enrolment": lambda scene: Story(
        {"code": scene.heard["issue_enrolment"]["one_time_code"]}
    ),
    "request_camera_approval": _camera,
    "approve_camera": _of_camera({"note": _WORDS}),
    "refuse_camera": lambda scene: Story(
        {"note": _WORDS}, path={"approval": scene.home.rows["camera_approval"]["id"]}
    ),
    "review_camera": _of_camera({"note": _WORDS, "review_on": "2027-03-01"}),
    "revoke_camera_approval": _of_camera({"note": _WORDS}),
    "add_document": lambda _: _file("a.pdf", b"%PDF-1.7\n", title="A licence"),
    "add_fact": lambda scene: Story(
        {"kind": "discovered", "effective_on": scene.day(-2), "note": _WORDS}
    ),
    "import_units": lambda _: Story(
        {"file": [b"code,name,kind,parent,valid_from,legal_basis\n"]}, query={"dry_run": "true"},
        media_type="multipart/form-data",
    ),
    "invite": lambda scene: Story(
        {"role": "CAREGIVER", "facility": scene.home.facility, "email": "new@giamsat.example"},
        guests=(Role.FACILITY_MANAGER,),
    ),
    "move_end_of_role": lambda scene: Story(
        {"valid_to": scene.at(days=30)}, guests=(Role.FACILITY_MANAGER,)
    ),
    "assign_facility": lambda scene: Story(
        {"facility": scene.home.facility, "admin_unit": "51-b", "legal_basis": _WORDS}
    ),
    **dict.fromkeys(
        ("propose_app", "renew_recovery_codes", "remove_app"), lambda _: Story(guests=_PROVING)
    ),
    "confirm_app": lambda scene: Story({"code": _code(scene, ahead_s=0)}, guests=_PROVING),
    "show_second_factor": lambda scene: Story({"code": _code(scene, ahead_s=30)}, guests=_PROVING),
    "log_in": lambda scene: Story(
        {"email": scene.heard["who_am_i"]["email"], "password": PASSPHRASE}
    ),
    "prove_anew": lambda _: Story({"passphrase": PASSPHRASE}, guests=(Role.CAREGIVER,)),
    "change_passphrase": lambda _: Story(
        {"old": PASSPHRASE, "new": "nine quiet rivers under glass"}, guests=(Role.SOCIAL_WORKER,)
    ),
    "refuse_grant": lambda _: Story({"reason": _WORDS}, guests=(SECOND, Role.DEPT_OFFICER)),
    "revoke_grant": lambda scene: Story(
        {"reason": _WORDS}, path={"grant": scene.heard["propose_grant"]["id"]}
    ),
    "add_telephone": lambda _: Story({"number": "0901 234 567"}, guests=(Role.CAREGIVER,)),
    **dict.fromkeys(
        ("send_telephone_code", "remove_telephone"),
        lambda scene: Story(
            path={"telephone": scene.heard["add_telephone"]["id"]}, guests=(Role.CAREGIVER,)
        ),
    ),
    "change_telephone": lambda scene: Story(
        {"spelling": "marked"},
        path={"telephone": scene.heard["add_telephone"]["id"]},
        guests=(Role.CAREGIVER,),
    ),
    "add_browser": lambda _: Story(_BROWSER, guests=(Role.CAREGIVER,)),
    "test_browser": lambda scene: Story(
        path={"browser": scene.heard["add_browser"]["id"]}, guests=(Role.CAREGIVER,)
    ),
    "remove_browser": lambda scene: Story(
        path={"browser": scene.heard["add_browser"]["id"]}, guests=(Role.CAREGIVER,)
    ),
    "revoke_key": lambda scene: Story(path={"fingerprint": scene.heard["add_key"]["fingerprint"]}),
    "begin_import": lambda _: Story(
        {"kind": "facilities", "file": b"code,name\nschema-2,House 2\n"},
        media_type="multipart/form-data",
    ),
    **dict.fromkeys(
        ("read_import", "list_import_rows"),
        lambda scene: Story(path={"id": scene.heard["begin_import"]["id"]}),
    ),
    "end_own_session": lambda scene: Story(
        path={"number": scene.heard["list_own_sessions"][0]["id"]}, guests=(Role.POLICE,)
    ),
    "list_own_sessions": lambda _: Story(guests=(Role.POLICE,)),
    "change_import": lambda scene: Story(
        {"wish": "discard"}, path={"id": scene.heard["begin_import"]["id"]}
    ),
    "prove_access_log_growth": lambda _: Story(query=_HEADS),
    "pull_access_log_growth": lambda _: Story(query=_HEADS, guests=(AGENCY,)),
    "pull_access_log_heads": lambda _: Story(guests=(AGENCY,)),
    "list_own_grants": lambda _: Story(guests=(AGENCY,)),
    **{f"pull_{dataset}": _pull(dataset) for dataset in Dataset},
    "give_back_grant": lambda scene: Story(
        path={"grant": scene.heard["list_own_grants"]["items"][0]["id"]}, guests=(AGENCY,)
    ),
}  # fmt: skip


def unknown(names: Collection[str]) -> set[str]:
    """What is told of operations that are not there any more."""
    return set(_TOLD) - set(names)


def story_of(name: str, operation: Any, scene: Scene) -> Story | None:
    """Nothing where it goes on from what was not heard yet."""
    try:
        told = _TOLD.get(name)
        return told(scene) if told else _least(operation, scene.home)
    except LookupError:
        return None


def _least(operation: Any, home: World) -> Story:
    document = operation.schema.raw_schema
    content = operation.definition.raw.get("requestBody", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema")
    return Story() if schema is None else Story(body_of(schema, document, home))
