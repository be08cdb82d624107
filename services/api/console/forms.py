"""What was typed into a form."""

from typing import Annotated

from fastapi import Depends, Request


async def _texts(request: Request) -> dict[str, str]:
    """By field, without blanks around; what was left empty is absent."""
    async with request.form(max_files=0) as form:
        typed = {name: text.strip() for name, text in form.items() if isinstance(text, str)}
    return {name: text for name, text in typed.items() if text}


#: A page's parameter of this type is given what was typed.
Typed = Annotated[dict[str, str], Depends(_texts)]
