import httpx

from tests.services.api.console.conftest import Reader
from tests.support import town


async def test_nobody_is_asked_to_log_in_and_comes_back(nobody: Reader) -> None:
    answer = await nobody.get("/incidents")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=%2Fincidents"
    form = {"email": town.ADMIN, "password": town.PASSWORD, "next": "/incidents"}
    assert (await nobody.post("/login", data=form)).headers["location"] == "/incidents"


async def test_a_wrong_password_is_said_so_and_no_more(nobody: Reader) -> None:
    answer = await nobody.post("/login", data={"email": town.ADMIN, "password": "x"})
    assert answer.status_code == 401
    assert "Sai thư điện tử hoặc mật khẩu." in answer.text
    assert 'role="alert"' in answer.text


async def test_the_cookie_is_closed_to_scripts(nobody: Reader) -> None:
    form = {"email": town.ADMIN, "password": town.PASSWORD}
    cookie = (await nobody.post("/login", data=form)).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


async def test_logging_out_ends_the_session_itself(admin: Reader) -> None:
    token = admin.cookies["giamsat_session"]
    await admin.post("/logout")
    admin.cookies.set("giamsat_session", token)
    assert (await admin.get("/")).status_code == 303


async def test_a_form_of_another_site_changes_nothing(admin: Reader) -> None:
    headers = {"Origin": "https://evil.example"}
    answer = await admin.post("/incidents/1/acknowledge", headers=headers)
    assert answer.status_code == 403
    assert (await admin.post("/logout", headers=headers)).status_code == 403


async def test_nobody_is_sent_to_another_site_after_logging_in(nobody: Reader) -> None:
    form = {"email": town.ADMIN, "password": town.PASSWORD, "next": "//evil.example"}
    assert (await nobody.post("/login", data=form)).headers["location"] == "/"


async def test_pages_allow_nothing_but_our_own_files(admin: Reader) -> None:
    answer = await admin.get("/")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert " style=" not in answer.text
    assert answer.text.count("<script") == 1


async def test_static_files_are_kept_for_ever_under_their_contents_name(nobody: Reader) -> None:
    page = (await nobody.get("/login")).text
    address = page.partition('rel="stylesheet" href="')[2].partition('"')[0]
    answer = await nobody.get(address)
    assert answer.headers["content-type"].startswith("text/css")
    assert "immutable" in answer.headers["cache-control"]
    assert (await nobody.get("/static/..%2finstall.py")).status_code == 404


async def test_pages_are_compressed(admin: Reader) -> None:
    answer: httpx.Response = await admin.get("/", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"


async def test_what_is_not_there_is_a_page_for_people_and_a_problem_for_programs(
    admin: Reader,
) -> None:
    page = await admin.get("/nowhere")
    assert (page.status_code, "Không có trang này" in page.text) == (404, True)
    problem = await admin.get("/api/v1/nowhere")
    assert problem.headers["content-type"] == "application/problem+json"
