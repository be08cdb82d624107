"""Names and addresses of people, for whoever may know them."""

from sqlalchemy import Boolean, ColumnElement, Text, case, func


def name_of(user_id: ColumnElement[int]) -> ColumnElement[str]:
    """The others read a number. By the number of somebody who acted on a row that the caller sees.

    Their account itself is seen only where one may see people (see `shared.db.row_security`).
    """
    return func.giamsat_name_of(user_id, type_=Text)


def reaches(reach: str) -> ColumnElement[bool]:
    """Whether the caller has such rights at any place at all, as the database knows it.

    Rows are guarded by place; within a place, not everybody may read each column.
    """
    return func.giamsat_somewhere(reach, type_=Boolean)


def only_for(reach: str, column: ColumnElement[str]) -> ColumnElement[str]:
    """What a row says of a person; nothing for whoever has no such rights."""
    return case((reaches(reach), column))
