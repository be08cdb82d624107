"""Writes what is missing in the registry, in one reader's language."""

from collections.abc import Sequence

from services.alerts.tell import letters
from services.alerts.tell.letters import Letter
from services.alerts.tell.lines import MOST_LINES
from services.alerts.vacancies.queries import Held, Vacancy
from shared.i18n import Translator, names


def vacant(vacancies: Sequence[Vacancy], to: Translator, *, console_url: str) -> Letter:
    """Which communes of a province have nobody."""
    subject = to.ngettext(
        "%(province)s: %(n)s commune has no child-protection officer",
        "%(province)s: %(n)s communes have no child-protection officer",
        len(vacancies),
        province=vacancies[0].province,
    )
    why = to.gettext(
        "While a commune has no officer, incidents there go to the department at once, and nobody "
        "watches over the 12 hours of a case. Please have somebody appointed, or a deputy."
    )
    lines = [_commune(one, to) for one in vacancies[:MOST_LINES]]
    return _letter(subject, why, lines, len(vacancies), to, f"{console_url}/units?officer=vacant")


def _commune(one: Vacancy, to: Translator) -> str:
    if not one.facilities:
        return f"• {one.commune}"
    count = to.ngettext("%(n)s facility", "%(n)s facilities", one.facilities)
    return f"• {one.commune} ({count})"


def review(held: Sequence[Held], to: Translator, *, console_url: str) -> Letter:
    """Which competences may no longer be the law."""
    subject = to.ngettext(
        "%(n)s competence has to be looked at again",
        "%(n)s competences have to be looked at again",
        len(held),
    )
    why = to.gettext(
        "They end, or somebody wanted to be asked whether they are still the law. Please look at "
        "the law in force, and bring in what follows."
    )
    lines = [_competence(one, to) for one in held[:MOST_LINES]]
    return _letter(subject, why, lines, len(held), to, f"{console_url}/units/competences")


def _competence(one: Held, to: Translator) -> str:
    subject = to.gettext(names.SUBJECT_MATTERS[one.competence.subject])
    basis = f" ({one.legal_basis})" if one.legal_basis else ""
    line = f"• {one.authority}: {subject}{basis}"
    if one.competence.valid_to is None:
        return line
    return line + to.gettext(", until before %(day)s", day=to.day(one.competence.valid_to))


def _letter(
    subject: str, why: str, lines: list[str], count: int, to: Translator, link: str
) -> Letter:
    left = count - len(lines)
    more = [to.ngettext("… and %(n)s more line", "… and %(n)s more lines", left)] if left else []
    body = [
        subject + ".", "", *lines, *more, "", why, "", link, "",
        to.gettext("Written automatically by giamsat; nobody reads answers to this address."),
    ]  # fmt: skip
    return Letter(subject, "\n".join(body) + "\n", letters.brief(subject, link))
