import csv
import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.api.imports.reading import Heading, SheetError, read
from shared.i18n import translator

HEADINGS = (
    Heading("code", ("mã",), is_required=True),
    Heading("name", ("tên cơ sở",)),
    Heading("children", ("số trẻ",)),
)
ROWS = [
    {"code": "A-1", "name": "Mái ấm Hoa Sen"},
    {"code": "A-2", "name": "Đức Tin", "children": "7"},
]


def rows_of(content: bytes) -> list[dict[str, str]]:
    return [line.given for line in read(content, HEADINGS)]


@pytest.mark.parametrize(
    "content",
    [
        "code,name,children\nA-1,Mái ấm Hoa Sen,\nA-2,Đức Tin,7\n".encode(),
        "\ufeffcode;name;children\r\nA-1;Mái ấm Hoa Sen;\r\nA-2;Đức Tin;7\r\n".encode(),
        "sep=;\r\nCODE;Name;Children\r\nA-1;Mái ấm Hoa Sen\r\nA-2;Đức Tin;7".encode(),
        "Mã\tTên cơ sở\tSố trẻ\r\nA-1\tMái ấm Hoa Sen\t\r\nA-2\tĐức Tin\t7\r\n".encode("utf-16"),
        'code,name,children,,\n\n,,\nA-1, Mái ấm Hoa Sen ,\n"A-2","Đức Tin",\'7\n,,,\n'.encode(),
        'ma,ten co so,so tre\n="A-1",Mái ấm Hoa Sen,\nA-2,\u0110\u1ee9c\u00a0Tin,7\n'.encode(),
        "code,name,children\nA-1,Ma\u0301i a\u0302\u0301m Hoa Sen,\nA-2,Đức Tin,7\n".encode(),
    ],
    ids=["plain", "bom-semicolon", "sep", "utf16-tab", "empty-rows", "formula", "decomposed"],
)
def test_what_excel_and_its_like_write_is_read(content: bytes) -> None:
    assert rows_of(content) == ROWS


def test_a_row_knows_its_line_in_the_file() -> None:
    content = b'code,name\nA,"two\nlines"\n\nB,b\n'
    assert [(line.n, line.given["code"]) for line in read(content, HEADINGS)] == [
        (2, "A"),
        (5, "B"),
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04rest", "Excel workbook"),
        (b"\xd0\xcf\x11\xe0rest", "Excel workbook"),
        ("code,name\nA,Hoà".encode("windows-1252", "replace") + b"\xe0", "CSV UTF-8"),
        (b"", "empty"),
        (b"code,name\n", "no row"),
        (b"name\nHoa", "code is missing"),
        (b"code,colour\nA,red", "colour"),
        (b"code,ma\nA,B", "twice"),
        (b"code\nA\x00", "NUL"),
    ],
)
def test_what_is_no_such_sheet_is_refused_with_what_to_do(content: bytes, words: str) -> None:
    with pytest.raises(SheetError) as refusal:
        read(content, HEADINGS)
    assert words in " ".join(refusal.value.told(translator("en")))


cells = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="'\"= \u00a0"),
    min_size=1,
    max_size=8,
).filter(lambda text: text.strip() == text and text)


@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=5), st.sampled_from(",;\t"))
def test_whatever_csv_writes_is_read_back(rows: list[tuple[str, str]], separator: str) -> None:
    sheet = io.StringIO()
    csv.writer(sheet, delimiter=separator).writerows([("code", "name"), *rows])

    normal = [tuple(unicodedata.normalize("NFC", cell) for cell in row) for row in rows]
    found = rows_of(sheet.getvalue().encode())
    assert [(row["code"], row["name"]) for row in found] == normal
