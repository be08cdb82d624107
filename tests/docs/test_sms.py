"""What docs/sms.md shows can be set as it stands there."""

import json
import re
from pathlib import Path

from pydantic import TypeAdapter

from services.alerts.sms.config import Gateways
from services.alerts.sms.setting_up import gateway_of
from services.api.sms.callers import CallbackConfig

PAGE = Path(__file__).parents[2] / "docs" / "sms.md"


async def test_the_settings_shown_are_settings() -> None:
    gateways, callbacks = (
        json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE.read_text(), re.DOTALL)
    )
    found = TypeAdapter(Gateways).validate_python(
        [{key: "x" * 8 if value == "…" else value for key, value in one.items()}
         | ({"account_sid": "AC1"} if one["kind"] == "twilio" else {}) for one in gateways]
    )  # fmt: skip
    assert [one.kind for one in found] == ["esms", "speedsms", "twilio", "smpp", "modem"]
    for one in found:
        await gateway_of(one).close()
    callers = TypeAdapter(list[CallbackConfig]).validate_python(callbacks)
    assert {one.name for one in callers} <= {one.name for one in found}
