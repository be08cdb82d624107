from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.api.units.importing.known import Known
from services.api.units.importing.plan import planned
from services.api.units.importing.rows import SheetKind
from services.api.units.importing.sheets import COLUMNS, read
from shared.data.units import shipped
from shared.domain.access import Scope

TODAY = datetime(2026, 7, 1, tzinfo=UTC).date()
HEADERS = [",".join((*must, *may)) for must, may in COLUMNS.values()]
UNIT = "code,name,kind,parent,valid_from,valid_to\n"


def faults(text: str) -> list[tuple[int, str]]:
    return [(fault.at.line, fault.column) for fault in read({"x.csv": text}).faults]


CELLS = st.text(max_size=12) | st.sampled_from(
    ["P", "2025-07-01", "commune", "merge", "NaN", "1e-9", "Infinity", '"', "x" * 600, "9999-12-31"]
)


@given(
    st.sampled_from(HEADERS),
    st.lists(st.lists(CELLS, max_size=11), max_size=4),
    st.sampled_from(",;"),
)
def test_whatever_stands_in_a_sheet_is_read_or_blamed(
    header: str, rows: list[list[str]], delimiter: str
) -> None:
    text = "\n".join([header.replace(",", delimiter), *(delimiter.join(row) for row in rows)])
    sheets = read({"x.csv": text})
    draft = planned(Known(), sheets, Scope(is_everywhere=True), today=TODAY)
    assert all(fault.wrong and fault.advice for fault in draft.faults)


@given(st.text(max_size=200))
def test_whatever_is_sent_is_a_sheet_or_is_said_to_be_none(text: str) -> None:
    assert read({"x.csv": text}).faults


def test_a_cell_too_long_for_any_reader_is_a_fault_not_an_end() -> None:
    assert faults(UNIT + "A," + "x" * 200_000 + ",commune,P,2025-07-01,\n") == [(2, "")]


def test_semicolons_byte_order_marks_and_split_letters_are_understood() -> None:
    text = "\ufeff" + UNIT.replace(",", ";") + "A;xã Đa\u0306k;commune;P;2025-07-01;\n"
    (row,) = read({"x.csv": text}).units
    assert (row.name, row.valid_from, row.valid_to) == ("xã Đăk", date(2025, 7, 1), None)


@pytest.mark.parametrize(
    ("row", "column"),
    [
        (",X,commune,P,2025-07-01,", "code"),
        ("A B,X,commune,P,2025-07-01,", "code"),
        ("A,,commune,P,2025-07-01,", "name"),
        ("A,X,village,P,2025-07-01,", "kind"),
        ("A,X,commune,P,,", "valid_from"),
        ("A,X,commune,P,1/7/2025,", "valid_from"),
        ("A,X,commune,P,2025-07-01,soon", "valid_to"),
        ("A,X,commune,P,2025-07-01,,,", ""),
    ],
)
def test_what_is_wrong_is_said_with_line_and_column(row: str, column: str) -> None:
    assert faults(UNIT + "B,Y,commune,P,2025-07-01,\n" + row + "\n") == [(3, column)]


@pytest.mark.parametrize(
    ("share", "expected"), [("0.25", Decimal("0.25")), ("0,5", Decimal("0.5")), ("", None)]
)
def test_shares_are_read_as_people_write_them(share: str, expected: Decimal | None) -> None:
    text = f"from;to;kind;effective_on;legal_basis;share\nA;B;split;2025-07-01;L;{share}\n"
    assert [row.share for row in read({"x.csv": text}).successions] == [expected]


@pytest.mark.parametrize("share", ["0", "2", "-1", "NaN", "Infinity", "half"])
def test_what_is_no_share_is_blamed(share: str) -> None:
    text = f"from,to,kind,effective_on,legal_basis,share\nA,B,split,2025-07-01,L,{share}\n"
    assert faults(text) == [(2, "share")]


def test_only_what_is_abolished_has_no_successor() -> None:
    head = "from,to,kind,effective_on,legal_basis\n"
    assert faults(head + "A,B,abolish,2025-07-01,L\nA,,merge,2025-07-01,L\n") == [
        (2, "to"), (3, "to"),
    ]  # fmt: skip


@pytest.mark.parametrize("kind", [SheetKind.SUCCESSIONS, SheetKind.COMPETENCES, SheetKind.UNITS])
def test_a_row_given_twice_is_found_out(kind: SheetKind) -> None:
    files = shipped()
    name = f"{kind}.csv"
    last = files[name].rstrip("\n").rpartition("\n")[2]
    files[name] += last + "\n"
    draft = planned(Known(), read(files), Scope(is_everywhere=True), today=TODAY)
    assert "The same is given twice." in {fault.wrong for fault in draft.faults}


def test_a_law_that_is_broken_is_named_at_its_row() -> None:
    files = shipped()
    files["units.csv"] = files["units.csv"].replace(
        "62-dak-ha,huyện Đăk Hà,district,62,1994-03-24,2025-07-01",
        "62-dak-ha,huyện Đăk Hà,district,62,1994-03-24,",
    )
    draft = planned(Known(), read(files), Scope(is_everywhere=True), today=TODAY)
    found = {(f.at.file, f.column) for f in draft.faults}
    assert found == {("units.csv", "parent"), ("successions.csv", "from")}
