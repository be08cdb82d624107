"""eSMS.vn, SpeedSMS.vn and Twilio as they speak, each with its books of what it took and sent."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.support.sms_gateways.http_server import (
    HttpServer,
    Request,
    Response,
    Trouble,
    http_server,
)

BRAND = "GIAMSAT"
SID = "AC1"
TOKEN = "token"
TAKES_NOTHING = {Trouble.TIMEOUT_BEFORE, Trouble.ERROR_500, Trouble.TOO_MANY}


@dataclass
class Books:
    """What went out to telephones, in order."""

    sent: list[tuple[str, str]] = field(default_factory=list)
    #: eSMS: by RequestId, the number that it gave.
    keys: dict[str, str] = field(default_factory=dict)
    balance: int = 100_000

    def send(self, number: str, text: str) -> str:
        self.sent.append((number, text))
        return f"ref-{len(self.sent)}"


@dataclass
class Provider:
    server: HttpServer
    books: Books

    @property
    def url(self) -> str:
        return self.server.url

    def in_trouble(self, *troubles: Trouble) -> None:
        self.server.troubles.extend(troubles)


def _usual(trouble: Trouble) -> Response | None:
    """What any HTTP service does that is in trouble before it did anything."""
    if trouble is Trouble.ERROR_500:
        return Response({"message": "error"}, status=500)
    if trouble is Trouble.TOO_MANY:
        return Response(
            {"name": "Too Many Requests", "status": 429},
            status=429,
            headers={"X-Rate-Limit-Reset": "17", "Retry-After": "17"},
        )
    return None


def _afterwards(trouble: Trouble, good: Response) -> Response | None:
    """What is left of an answer."""
    match trouble:
        case Trouble.TIMEOUT_AFTER | Trouble.HANG_UP_AFTER:
            return None
        case Trouble.ERROR_500_AFTER:
            return Response({"message": "error"}, status=500)
        case Trouble.GIBBERISH:
            return Response(b"<html>oops")
        case _:
            return good


@asynccontextmanager
async def esms() -> AsyncIterator[Provider]:
    books = Books()

    def answer(request: Request, trouble: Trouble) -> Response | None:
        assert request.path == "/MainService.svc/json/SendMultipleMessage_V4_post_json/"
        assert request.method == "POST"
        if trouble in TAKES_NOTHING:
            return _usual(trouble)
        code = _code_of(request, trouble, books)
        if code != "100":
            # It answers 200 whatever is wrong.
            return _afterwards(trouble, Response({"CodeResult": code, "CountRegenerate": 0}))
        given = request.json
        assert given["Sandbox"] == "0"
        assert len(str(given["RequestId"])) <= 50
        ref = books.send(str(given["Phone"]), str(given["Content"]))
        books.keys[str(given["RequestId"])] = ref
        return _afterwards(
            trouble, Response({"CodeResult": "100", "CountRegenerate": 0, "SMSID": ref})
        )

    async with http_server(answer) as server:
        yield Provider(server, books)


def _code_of(request: Request, trouble: Trouble, books: Books) -> str:
    given = request.json
    if (given["ApiKey"], given["SecretKey"]) != ("key", "secret"):
        return "101"
    if given.get("SmsType") == "2" and given.get("Brandname") != BRAND:
        return "104"
    if trouble is Trouble.NO_BALANCE:
        return "103"
    is_number = str(given["Phone"]).startswith("0") and len(str(given["Phone"])) == 10
    if trouble is Trouble.BAD_NUMBER or not is_number:
        return "108"
    return "124" if given["RequestId"] in books.keys else "100"


@asynccontextmanager
async def speedsms() -> AsyncIterator[Provider]:
    books = Books()
    expected = "Basic " + base64.b64encode(f"{TOKEN}:x".encode()).decode()

    def answer(request: Request, trouble: Trouble) -> Response | None:
        if trouble in TAKES_NOTHING:
            return _usual(trouble)
        if request.headers.get("authorization") != expected:
            return Response({"name": "Unauthorized", "status": 401}, status=401)
        if request.path == "/user/info":
            account = {"email": "a@example.org", "balance": str(books.balance), "currency": "VND"}
            return Response({"status": "success", "code": "00", "data": account})
        return _sold(request, trouble, books)

    async with http_server(answer) as server:
        yield Provider(server, books)


def _error(code: str) -> Response:
    return Response({"status": "error", "code": code, "message": "error description"})


def _sold(request: Request, trouble: Trouble, books: Books) -> Response | None:
    assert request.path == "/sms/send"
    given = request.json
    if trouble is Trouble.NO_BALANCE:
        return _error("300")
    numbers = given["to"]
    assert isinstance(numbers, list)
    if trouble is Trouble.BAD_NUMBER or not str(numbers[0]).startswith("84"):
        return _error("105")
    ref = books.send(str(numbers[0]), str(given["content"]))
    data = {"tranId": ref, "totalSMS": 1, "totalPrice": 250, "invalidPhone": []}
    return _afterwards(trouble, Response({"status": "success", "code": "00", "data": data}))


@asynccontextmanager
async def twilio() -> AsyncIterator[Provider]:
    books = Books()
    expected = "Basic " + base64.b64encode(f"{SID}:{TOKEN}".encode()).decode()

    def answer(request: Request, trouble: Trouble) -> Response | None:
        assert request.path == f"/2010-04-01/Accounts/{SID}/Messages.json"
        if trouble in TAKES_NOTHING:
            return _usual(trouble)
        if request.headers.get("authorization") != expected:
            return Response({"code": 20003, "message": "Authenticate", "status": 401}, status=401)
        given = request.form
        if trouble is Trouble.BAD_NUMBER or not given["To"].startswith("+"):
            return Response({"code": 21211, "message": "Invalid 'To'", "status": 400}, status=400)
        if trouble is Trouble.NO_BALANCE:
            return Response({"code": 20005, "message": "not active", "status": 403}, status=403)
        ref = books.send(given["To"], given["Body"])
        return _afterwards(trouble, Response({"sid": ref, "status": "queued"}, status=201))

    async with http_server(answer) as server:
        yield Provider(server, books)
