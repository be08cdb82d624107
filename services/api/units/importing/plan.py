"""Decides what an import adds and changes, and what in it cannot be: pure."""

from datetime import date

from services.api.units.importing import words
from services.api.units.importing.draft import Draft, Entry, begun
from services.api.units.importing.known import Known, Values, order_of
from services.api.units.importing.rows import (
    AssignmentRow,
    At,
    AuthorityRow,
    CompetenceRow,
    SheetKind,
    Sheets,
    SuccessionRow,
    UnitRow,
)
from shared.domain.access import Scope
from shared.domain.jurisdiction import LEVEL_OF
from shared.domain.succession_laws import Wrong, faults_of_successions, faults_of_units


def planned(known: Known, sheets: Sheets, scope: Scope, *, today: date) -> Draft:
    """In the order in which the sheets build on one another; all faults are found at once."""
    draft = begun(known, scope, sheets.faults, today=today)
    _units(draft, sheets.units)
    for row in sheets.successions:
        _succession(draft, row)
    _hold_against_the_laws(draft)
    for code in [row.code for row in sheets.authorities]:
        draft.authorities.setdefault(code, draft.new_number())
    for authority in sheets.authorities:
        _authority(draft, authority)
    for competence in sheets.competences:
        _competence(draft, competence)
    for assignment in sheets.assignments:
        _assignment(draft, assignment)
    for kind in (SheetKind.UNITS, SheetKind.SUCCESSIONS):
        for entry in draft.entries[kind]:
            _must_be_allowed(draft, kind, entry)
    return draft


def _units(draft: Draft, rows: list[UnitRow]) -> None:
    """First all by themselves: a parent may stand below its child."""
    numbers = {(str(v["code"]), v["valid_from"]): n for n, v in draft.known.units.items()}
    for row in rows:
        if (row.code, row.valid_from) not in numbers:
            number = numbers[row.code, row.valid_from] = draft.new_number()
            draft.by_code.setdefault(row.code, []).append(number)
        draft.units[numbers[row.code, row.valid_from]] = _unit_values(row, None)
    for row in rows:
        number = numbers[row.code, row.valid_from]
        parent = draft.unit_on(row.parent, row.valid_from) if row.parent else None
        if row.parent and parent is None:
            draft.blame(row.at, "parent", f"No unit {row.parent} on {row.valid_from}.", words.ADD)
        values = draft.units[number] = _unit_values(row, parent)
        draft.add(SheetKind.UNITS, Entry(number, row.at, values, draft.known.units.get(number)))


def _unit_values(row: UnitRow, parent_id: int | None) -> Values:
    return {
        "code": row.code, "name": row.name, "kind": row.kind, "level": LEVEL_OF[row.kind],
        "parent_id": parent_id, "valid_from": row.valid_from, "valid_to": row.valid_to,
        "official_code": row.official_code, "legal_basis": row.legal_basis, "source": row.source,
    }  # fmt: skip


def _succession(draft: Draft, row: SuccessionRow) -> None:
    from_id = draft.unit_ending_on(row.from_code, row.effective_on)
    to_id = draft.unit_on(row.to_code, row.effective_on) if row.to_code else None
    if from_id is None:
        wrong = f"No unit {row.from_code} ends on {row.effective_on}."
        draft.blame(row.at, "from", wrong, words.ADD)
        return
    if row.to_code and to_id is None:
        draft.blame(row.at, "to", f"No unit {row.to_code} on {row.effective_on}.", words.ADD)
        return
    key = (from_id, to_id, row.effective_on)
    number, was = draft.known.successions.get(key) or (draft.number_for(key), None)
    values: Values = {
        "from_id": from_id, "to_id": to_id, "kind": row.kind, "effective_on": row.effective_on,
        "share": row.share, "legal_basis": row.legal_basis, "source": row.source,
    }  # fmt: skip
    draft.add(SheetKind.SUCCESSIONS, Entry(number, row.at, values, was))


def _hold_against_the_laws(draft: Draft) -> None:
    """Blame only what the import itself breaks."""
    had = set(faults_of_units(draft.order))
    had_too = set(faults_of_successions(draft.order))
    unit_rows = {entry.id: entry.at for entry in draft.entries[SheetKind.UNITS]}
    succession_rows: dict[tuple[int, int | None, date], At] = {}
    successions = {key: values for key, (_, values) in draft.known.successions.items()}
    for entry in draft.entries[SheetKind.SUCCESSIONS]:
        key = _key_of(entry)
        succession_rows[key], successions[key] = entry.at, entry.values
    draft.order = order_of(draft.units, successions)
    somewhere = next(iter((*unit_rows.values(), *succession_rows.values())), At("", 0))
    for one in faults_of_units(draft.order):
        if one not in had:
            at = unit_rows.get(one.unit_id, somewhere)
            _blame_by_law(draft, at, one.wrong, one.unit_id)
    for fault in faults_of_successions(draft.order):
        if fault not in had_too:
            s = fault.succession
            at = succession_rows.get((s.from_id, s.to_id, s.effective_on), somewhere)
            _blame_by_law(draft, at, fault.wrong, s.from_id)


def _key_of(entry: Entry) -> tuple[int, int | None, date]:
    from_id, to_id = entry.values["from_id"], entry.values["to_id"]
    day = entry.values["effective_on"]
    if not (isinstance(from_id, int) and isinstance(day, date)):
        raise TypeError("a succession without a unit or a day")
    return from_id, to_id if isinstance(to_id, int) else None, day


def _blame_by_law(draft: Draft, at: At, wrong: Wrong, unit_id: int) -> None:
    column, text, advice = words.LAWS[wrong]
    draft.blame(at, column, f"{draft.units[unit_id]['code']}: {text}.", advice)


def _must_be_allowed(draft: Draft, kind: SheetKind, entry: Entry) -> None:
    if kind is SheetKind.UNITS:
        draft.must_be_mine(entry, entry.id)
        draft.must_not_be_a_province(entry, entry.id)
        return
    for unit_id in _key_of(entry)[:2]:
        if unit_id is not None:
            draft.must_be_mine(entry, unit_id)
            draft.must_not_be_a_province(entry, unit_id)


def _authority(draft: Draft, row: AuthorityRow) -> None:
    unit = draft.unit_on(row.unit, row.valid_from) if row.unit else None
    if row.unit and unit is None:
        draft.blame(row.at, "unit", f"No unit {row.unit} on {row.valid_from}.", words.ADD)
    successor = draft.authorities.get(row.successor)
    if row.successor and successor is None:
        draft.blame(row.at, "successor", f"No authority {row.successor}.", words.ADD)
    _must_end_later(draft, row.at, row.valid_from, row.valid_to)
    values: Values = {
        "code": row.code, "name": row.name, "kind": row.kind, "admin_unit_id": unit,
        "valid_from": row.valid_from, "valid_to": row.valid_to, "successor_id": successor,
        "legal_basis": row.legal_basis, "source": row.source,
    }  # fmt: skip
    _, was = draft.known.authorities.get(row.code) or (0, None)
    entry = Entry(draft.authorities[row.code], row.at, values, was)
    draft.seats[entry.id] = unit
    draft.add(SheetKind.AUTHORITIES, entry)
    draft.must_be_mine(entry, unit)


def _competence(draft: Draft, row: CompetenceRow) -> None:
    authority = draft.authorities.get(row.authority)
    if authority is None:
        draft.blame(row.at, "authority", f"No authority {row.authority}.", words.ADD)
        return
    _must_end_later(draft, row.at, row.valid_from, row.valid_to)
    key = (authority, str(row.subject_matter), row.valid_from)
    number, was = draft.known.competences.get(key) or (draft.number_for(key), None)
    values: Values = {
        "authority_id": authority, "subject_matter": row.subject_matter, "scope": row.scope,
        "legal_basis": row.legal_basis, "valid_from": row.valid_from, "valid_to": row.valid_to,
        "review_on": row.review_on, "source": row.source,
    }  # fmt: skip
    entry = Entry(number, row.at, values, was)
    draft.add(SheetKind.COMPETENCES, entry)
    draft.must_be_mine(entry, draft.seats[authority])


def _must_end_later(draft: Draft, at: At, begin: date, end: date | None) -> None:
    if end is not None and end <= begin:
        draft.blame(at, "valid_to", "It ends before it begins.", words.HALF_OPEN)


def _assignment(draft: Draft, row: AssignmentRow) -> None:
    facility = draft.known.facilities.get(row.facility)
    to_id = draft.unit_on(row.to_code, row.effective_on)
    if facility is None or not draft.is_mine(facility[1]):
        draft.blame(row.at, "facility", "There is no such facility of yours.", words.CHECK)
    elif to_id is None or not draft.is_mine(to_id):
        wrong = f"No unit {row.to_code} of yours on {row.effective_on}."
        draft.blame(row.at, "to", wrong, words.ADD)
    else:
        key = (facility[0], row.effective_on)
        number, was = draft.known.assignments.get(key) or (draft.number_for(key), None)
        values: Values = {
            "facility_id": facility[0], "to_unit_id": to_id, "effective_on": row.effective_on,
            "legal_basis": row.legal_basis,
        }  # fmt: skip
        draft.add(SheetKind.ASSIGNMENTS, Entry(number, row.at, values, was))
