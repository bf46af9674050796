"""`make setup` installs the lock and nothing else, from wherever pip was told."""

import importlib.util
import re
import tomllib
from types import ModuleType

import pytest

from tests.house.files import ROOT


@pytest.fixture(scope="module")
def environment() -> ModuleType:
    """Return .ci/environment.py as a module; nothing runs by importing it."""
    place = ROOT / ".ci" / "environment.py"
    spec = importlib.util.spec_from_file_location("environment", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_pip_was_told_reaches_uv(environment: ModuleType) -> None:
    """A company's index, its extra one, its certificate: uv reads them as pip does."""
    listing = (
        "global.index-url='https://packages.example.test/index'\n"
        "global.extra-index-url='file:///a file:///b'\n"
        "global.find-links='\\n/wheels\\n/more'\n"
        ":env:.cert='/certificates.pem'\n"
        "global.progress-bar='off'\n"
    )

    settings = environment.settings_for_uv(listing)

    assert settings == {
        "UV_DEFAULT_INDEX": "https://packages.example.test/index",
        "UV_INDEX": "file:///a file:///b",
        "UV_FIND_LINKS": "/wheels,/more",
        "SSL_CERT_FILE": "/certificates.pem",
    }


def test_the_environment_prevails_over_files_as_in_pip(environment: ModuleType) -> None:
    """PIP_INDEX_URL beats [install], which beats [global], in any order of lines."""
    listing = (
        ":env:.index-url='https://three.example.test'\n"
        "global.index-url='https://one.example.test'\n"
        "install.index-url='https://two.example.test'\n"
    )

    settings = environment.settings_for_uv(listing)

    assert settings == {"UV_DEFAULT_INDEX": "https://three.example.test"}


def test_every_package_of_the_lock_is_pinned_by_hash() -> None:
    """No name without a version, no version without a hash, no address."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")

    entries = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]

    assert len(entries) > 100
    assert all(re.match(r"[a-z0-9._-]+(\[[a-z,]+\])?==\S+", it) for it in entries)
    assert all("--hash=sha256:" in it for it in entries)
    assert "://" not in text


def test_the_lock_holds_what_the_project_names() -> None:
    """A dependency added to pyproject.toml needs a new lock."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["celery"],
        *project["dependency-groups"]["dev"],
    ]
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked = set(re.findall(r"^([a-z0-9._-]+)(?:\[[a-z,]+\])?==", text, re.MULTILINE))

    names = {re.split(r"[\[<>=,~ ]", requirement)[0] for requirement in wanted}

    assert names <= locked
