"""docs/connect-a-device.md is the first thing a stranger tries."""

import re
from pathlib import Path

import pytest
from fastapi.routing import APIRoute

from services.api.credentials.routes import router as credentials
from services.api.imports.handlers.devices import COLUMNS
from services.edge.settings import Behind, Settings
from shared.domain.places import DeviceKind

FOLDER = Path(__file__).parents[2] / "docs"
TEXT = (FOLDER / "connect-a-device.md").read_text()


def test_its_file_of_devices_is_what_the_gateway_reads() -> None:
    found = re.search(r"```devices\n(.*?)```", TEXT, re.DOTALL)
    assert found
    assert Behind.model_validate_json(found[1]).cameras[0].key_file == Path("cam-1.pem")


def test_its_settings_are_those_of_the_gateway() -> None:
    named = {name.lower() for name in re.findall(r"EDGE_([A-Z_]+)", TEXT)}
    required = {name for name, field in Settings.model_fields.items() if field.is_required()}
    assert required <= named <= set(Settings.model_fields)
    # Either way of logging in is shown.
    assert {"mqtt_host", "enrolment_url", "enrolment_code", "credentials_file"} <= named


def test_its_passwords_are_changed_by_addresses_that_there_are() -> None:
    prefix = "/facilities/{code}/devices/{device}"
    there = {
        (method, route.path.removeprefix(prefix).replace("{number}", "2"))
        for route in credentials.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }
    named = set(re.findall(r"`(GET|POST|DELETE) …(/[a-z0-9/]+)`", TEXT))
    assert named
    assert named <= there


@pytest.mark.parametrize("kind", DeviceKind)
def test_every_kind_of_device_is_named(kind: DeviceKind) -> None:
    assert f"`{kind}`" in TEXT


def test_its_jumps_into_the_protocol_lead_somewhere() -> None:
    headings = {
        title.lower().replace(" ", "-")
        for title in re.findall(r"^#+ (.+)$", (FOLDER / "protocol.md").read_text(), re.MULTILINE)
    }
    assert set(re.findall(r"protocol\.md#([\w-]+)", TEXT)) <= headings


def test_its_columns_are_those_of_the_sheet() -> None:
    told = re.findall(r"^\| `(\w+)` \| `([^`]+)` \|", TEXT, flags=re.MULTILINE)
    assert [name for name, _ in told] == [column.name for column in COLUMNS]
    for column, (_, vietnamese) in zip(COLUMNS, told, strict=True):
        assert vietnamese in column.also
