import base64
import csv
import io
import re
from datetime import UTC, datetime

from services.api.console.render import Frame
from services.api.credentials import pack
from services.api.credentials.pack import Entry
from services.api.credentials.schemas import MqttOut


def entry(number: int, *, begins: str = "secret") -> Entry:
    mqtt = MqttOut(
        host="broker.example",
        port=8883,
        username=f"hoa-sen/cam-{number}",
        password=f"{begins}{number}",
        heartbeat_topic=f"giamsat/v1/hoa-sen/cam-{number}/heartbeat",
    )
    return Entry("hoa-sen", f"cam-{number}", mqtt)


def rows_in(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def test_table_holds_every_connection() -> None:
    rows = rows_in(pack.as_csv([entry(1), entry(2)]))
    assert [row["username"] for row in rows] == ["hoa-sen/cam-1", "hoa-sen/cam-2"]
    assert rows[0]["password"] == "secret1"
    assert rows[1]["heartbeat_topic"] == "giamsat/v1/hoa-sen/cam-2/heartbeat"


def test_no_cell_begins_a_formula() -> None:
    (row,) = rows_in(pack.as_csv([entry(1, begins="=HYPERLINK(1)")]))
    assert row["password"].startswith("'=")


async def test_page_has_a_code_for_each_and_the_same_table() -> None:
    own = Frame(language="vi", path="/", back="/", now=datetime(2026, 7, 1, tzinfo=UTC))
    entries = [entry(number) for number in range(3)]
    answer = await pack.sheet(own, entries, back="/imports/7")
    shown = bytes(answer.body).decode()
    assert answer.headers["cache-control"] == "no-store"
    assert shown.count("<svg") == 3
    found = re.search(r'href="data:text/csv;charset=utf-8;base64,([^"]+)"', shown)
    assert found
    assert base64.b64decode(found[1]) == pack.as_csv(entries)


async def test_more_than_anybody_prints_are_in_the_table_only() -> None:
    own = Frame(language="vi", path="/", back="/", now=datetime(2026, 7, 1, tzinfo=UTC))
    entries = [entry(number) for number in range(pack.MOST_SLIPS + 1)]
    shown = bytes((await pack.sheet(own, entries, back="/imports/7")).body).decode()
    assert shown.count("<svg") == pack.MOST_SLIPS
    assert "bảng có đủ tất cả" in shown
