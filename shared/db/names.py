"""Names of those who acted, for whoever may know them; the others read a number."""

from sqlalchemy import ColumnElement, Text, func


def name_of(user_id: ColumnElement[int]) -> ColumnElement[str]:
    """By the number of somebody who acted on a row that the caller sees.

    Their account itself is seen only where one may see people (see `shared.db.row_security`).
    """
    return func.giamsat_name_of(user_id, type_=Text)
