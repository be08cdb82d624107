"""What was typed into a form."""

from datetime import date
from typing import Annotated, Final

from fastapi import Depends, Request


async def _texts(request: Request) -> dict[str, str]:
    """By field, without blanks around; what was left empty is absent."""
    async with request.form(max_files=0) as form:
        typed = {name: text.strip() for name, text in form.items() if isinstance(text, str)}
    return {name: text for name, text in typed.items() if text}


#: A page's parameter of this type is given what was typed.
Typed = Annotated[dict[str, str], Depends(_texts)]

#: Days near the ends of the calendar have no midnight in every zone, and nothing happened then.
_FIRST: Final = date(2000, 1, 1)
_LAST: Final = date(2200, 1, 1)


def day_of(text: str) -> date | None:
    """Of a day that narrows a list; what is none narrows nothing."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if _FIRST <= day < _LAST else None
