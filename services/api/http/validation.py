"""What was wrong with the input, said so that it can be put right."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from services.api.problems import Fault, RequestError

_ADVICE: Final = {
    "missing": "Send this field.",
    "json_invalid": "Send valid JSON.",
    "model_attributes_type": "Send a JSON object with Content-Type: application/json.",
    "string_pattern_mismatch": (
        "Use letters, digits, dot, underscore and hyphen; begin with a letter or digit."
    ),
    "timezone_aware": "Add the offset, for example 2026-07-01T08:00:00+07:00 or …Z.",
    "datetime_from_date_parsing": (
        "Send an RFC 3339 instant with its offset; in an address write + as %2B."
    ),
    "datetime_parsing": "Send an RFC 3339 instant with its offset; in an address write + as %2B.",
    "extra_forbidden": "Leave this field out.",
}
_DEFAULT_ADVICE: Final = "Correct the value and send the request again."


class MalformedError(RequestError):
    """Not JSON at all."""

    code = "malformed_json"


class UnsupportedError(RequestError):
    """A body of a type that we do not read."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    code = "not_json"


class ValidationError(RequestError):
    """The input breaks the schema."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "invalid"


def error_of(errors: Sequence[Mapping[str, Any]], headers: Mapping[str, str]) -> RequestError:
    faults = [_fault(error) for error in errors]
    kinds = {error["type"] for error in errors}
    if "json_invalid" in kinds:
        return MalformedError("The body is not valid JSON.", faults=faults)
    if kinds & {"model_attributes_type", "model_type"} and "json" not in _content_type(headers):
        return UnsupportedError("Send JSON, with Content-Type: application/json.", faults=faults)
    count = "One thing is" if len(faults) == 1 else f"{len(faults)} things are"
    return ValidationError(f"{count} wrong with the input; see `errors`.", faults=faults)


def _fault(error: Mapping[str, Any]) -> Fault:
    kind = str(error["type"])
    place = ".".join(str(part) for part in error["loc"])
    return Fault(field=place, wrong=f"{error['msg']}.", advice=_ADVICE.get(kind, _DEFAULT_ADVICE))


def _content_type(headers: Mapping[str, str]) -> str:
    return headers.get("content-type", "")
