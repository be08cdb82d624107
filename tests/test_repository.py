"""What may lie in the repository, and that what it says of itself is true."""

import re
import subprocess
import tomllib
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "docs/**/*.md")
LOCKS = {"requirements.lock": "dependencies", "requirements-dev.lock": "dev"}

# Written so that this file does not hold what it looks for.
FORBIDDEN = {
    "the address of a package index": re.compile(
        r"[p]ypi[.]org|python[h]osted[.]org|registry[.][n]pmjs|js[d]elivr[.]net|un[p]kg[.]com"
        r"|(?:deb|archive|security)[.](?:debian|ubuntu)[.](?:org|com)|proxy[.]golang"
    ),
    "a path of somebody's machine": re.compile(r"[/](?:home|Users|root|work)/[\w.-]+/"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY"),
    "an access token": re.compile(
        r"\b(?:gh[pousr]_\w{36}|github_pat_\w{22}|AKIA[0-9A-Z]{16}|xox[abp]-[\w-]{20}"
        r"|eyJ[\w-]{16,}[.][\w-]{16,})"
    ),
}
#: Throw-away passwords of test servers are what tests are made of.
IN_PRODUCT = {
    "a password in an address": re.compile(r"\w+://\w+:[\w.-]{6,}@\w"),
    "a password": re.compile(
        r"""(?i)(?:password|passwd|secret|token|api_?key)["']?\s*[:=]\s*["'][\w+/=-]{12,}["']"""
    ),
}


@cache
def tracked() -> dict[str, str]:
    """The text files of the repository, by their path."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    texts: dict[str, str] = {}
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path.is_file() and b"\0" not in (content := path.read_bytes())[:4096]:
            texts[name] = content.decode()
    return texts


def holding(pattern: re.Pattern[str], *, without: str = "\0") -> list[str]:
    return [
        f"{name}: {found[0]}"
        for name, text in tracked().items()
        if not name.startswith(without) and (found := pattern.search(text))
    ]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what: str) -> None:
    assert holding(FORBIDDEN[what]) == []


@pytest.mark.parametrize("what", IN_PRODUCT)
def test_no_file_of_the_product_holds(what: str) -> None:
    assert holding(IN_PRODUCT[what], without="tests/") == []


def test_everything_served_was_written_here() -> None:
    """No minified file of somebody else's lies among ours."""
    served = {n: t for n, t in tracked().items() if n.endswith((".js", ".css", ".html", ".svg"))}
    assert [name for name in served if ".min." in name] == []
    assert [n for n, t in served.items() if max(map(len, t.splitlines()), default=0) > 1000] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_every_version_by_its_hash(lock: str) -> None:
    entries = re.split(r"\n(?=\S)", (ROOT / lock).read_text().strip())
    loose = [e for e in entries if not re.match(r"[\w.\[\],-]+==[\w.+!]+[^\n]*\\\n", e)]
    unhashed = [e for e in entries if not re.search(r"--hash=sha256:[0-9a-f]{64}", e)]
    assert (loose, unhashed) == ([], [])


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_address(lock: str) -> None:
    assert (
        re.findall(r"\w+://\S+|--(?:extra-)?index-url|--find-links", (ROOT / lock).read_text())
        == []
    )


@pytest.mark.parametrize(("lock", "group"), LOCKS.items())
def test_every_dependency_is_in_the_lock(lock: str, group: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    asked = project["project"]["dependencies"] + project["dependency-groups"].get(group, [])
    locked = set(re.findall(r"^([\w.-]+)==", (ROOT / lock).read_text(), re.MULTILINE))
    assert {_name(requirement) for requirement in asked} - set(map(_name, locked)) == set()


def _name(requirement: str) -> str:
    """PEP 503: names differ neither by case nor by the kind of dash."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=~!;\s]", requirement, maxsplit=1)[0]).lower()


def test_every_command_in_the_documents_is_in_the_makefile() -> None:
    named = {
        target
        for document in documents()
        for target in re.findall(
            r"(?:`|^ {0,4})make ([a-z0-9-]+)", document.read_text(), re.MULTILINE
        )
    }
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert named - targets == set()


def test_every_link_in_the_documents_leads_somewhere() -> None:
    dead = {
        f"{document.name}: {target}"
        for document in documents()
        for target in re.findall(r"(?<!!)\[[^\]]*\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text())
        if not (document.parent / target).exists()
    }
    assert dead == set()


def documents() -> list[Path]:
    return [path for pattern in DOCUMENTS for path in ROOT.glob(pattern)]
