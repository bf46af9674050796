"""docker-compose.yml says only what the code understands, and no secret."""

import ast
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml

from custody.adapters.roles import DATABASES
from tests.house.files import PACKAGE, ROOT

Service = dict[str, Any]

CONFIG = PACKAGE / "adapters" / "config.py"


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """Return the parsed file, anchors resolved."""
    loaded: dict[str, Any] = yaml.safe_load(
        (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    )
    return loaded


def settings(path: Path = CONFIG) -> set[str]:
    """Return every setting that the code reads."""
    return set(re.findall(r'"(CUSTODY_[A-Z0-9_]+)"', path.read_text("utf-8")))


def _services(compose: dict[str, Any]) -> dict[str, Service]:
    """Return name -> service."""
    found: dict[str, Service] = compose["services"]
    return found


def test_workers_set_every_setting_that_the_code_reads_and_no_other(
    compose: dict[str, Any],
) -> None:
    """A misspelt or forgotten setting would fall back to the embedded default."""
    environment = _services(compose)["worker-1"]["environment"]

    named = {name for name in environment if name.startswith("CUSTODY_")}

    assert named == settings()


def test_the_shape_is_production(compose: dict[str, Any]) -> None:
    """Celery, two workers or more, a database each for data, keys and Airflow."""
    services = _services(compose)

    workers = [name for name in services if name.startswith("worker-")]
    databases = [name for name, it in services.items() if "postgres:" in _image(it)]

    environment = services["worker-1"]["environment"]
    assert environment["AIRFLOW__CORE__EXECUTOR"] == "CeleryExecutor"
    assert environment["AIRFLOW__CORE__LOAD_EXAMPLES"] == "false"
    assert len(workers) >= 2
    assert len(databases) == 3
    assert {"api-server", "scheduler", "dag-processor", "triggerer"} <= set(services)


def _image(service: Service) -> str:
    """Return the image that a service runs."""
    return str(service.get("image", ""))


def test_images_are_pinned(compose: dict[str, Any]) -> None:
    """No service runs whatever is newest today."""
    tags = [
        _image(service).partition(":")[2] for service in _services(compose).values()
    ]

    assert all(tag and tag != "latest" for tag in tags)


def test_no_value_of_a_secret_stands_in_the_file(compose: dict[str, Any]) -> None:
    """What sounds like a secret is a file or a command that reads one."""
    secretive = re.compile(
        r"PASSWORD|SECRET|TOKEN|FERNET|CONN_CMD|BROKER_URL|RESULT_BACKEND"
    )
    wrong = [
        f"{name}.{variable}"
        for name, service in _services(compose).items()
        for variable, value in service.get("environment", {}).items()
        if secretive.search(variable) and "/run/secrets/" not in str(value)
    ]

    assert not wrong
    assert all(set(secret) == {"file"} for secret in compose["secrets"].values())


def test_every_secret_that_is_used_is_declared(compose: dict[str, Any]) -> None:
    """And every one that is declared is used."""
    used = {
        secret if isinstance(secret, str) else secret["source"]
        for service in _services(compose).values()
        for secret in service.get("secrets", [])
    }

    assert used == set(compose["secrets"])


def test_what_is_imported_inside_the_file_exists(compose: dict[str, Any]) -> None:
    """The migrations run by a few lines of Python that nothing else checks."""
    program = _services(compose)["migrate-custody"]["command"][-1]

    imports = [
        (node.module, alias.name)
        for node in ast.walk(ast.parse(program))
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    ]

    assert imports
    assert all(hasattr(import_module(module), name) for module, name in imports)


@pytest.mark.parametrize(
    ("service", "database"),
    [
        ("warehouse", "custody_warehouse"),
        ("keyring", "custody_keyring"),
        ("airflow-database", "airflow"),
    ],
)
def test_each_server_gets_the_roles_that_the_code_logs_in_with(
    compose: dict[str, Any], service: str, database: str
) -> None:
    """The owner first: it gets the database; all their passwords are mounted."""
    environment = _services(compose)[service]["environment"]

    roles = environment["ROLES"].split()

    assert environment["DATABASE"] == database
    assert tuple(roles) == DATABASES[database]
    assert set(roles) <= set(_services(compose)[service]["secrets"])


def test_workers_hold_no_owner_of_the_warehouse_and_no_superuser(
    compose: dict[str, Any],
) -> None:
    """Migrations are somebody else's; Airflow's own services hold no data role."""
    services = _services(compose)

    held = set(services["worker-1"]["secrets"])

    assert not held & {"custody_owner", "warehouse_superuser", "keyring_superuser"}
    for name in ("scheduler", "dag-processor", "triggerer"):
        assert not any(
            "custody" in it or "keyring" in it for it in services[name]["secrets"]
        )


def test_one_worker_alone_holds_what_ends_keys(compose: dict[str, Any]) -> None:
    """It serves a queue of its own; no other worker could be made to destroy."""
    services = _services(compose)

    holders = {
        name
        for name, service in services.items()
        if {"custody_destroyer", "keyring_destroyer"}.intersection(
            secret if isinstance(secret, str) else secret["source"]
            for secret in service.get("secrets", [])
        )
    }

    assert holders == {"warehouse", "keyring", "worker-destroyer"}
    assert "custody_loader" not in services["worker-destroyer"]["secrets"]
    assert services["worker-destroyer"]["command"][-2:] == ["--queues", "destruction"]


def test_one_port_is_published_and_on_loopback_only(compose: dict[str, Any]) -> None:
    """Everything else talks on a network without a way out."""
    published = [
        port
        for service in _services(compose).values()
        for port in service.get("ports", [])
    ]

    assert published == ["127.0.0.1:8080:8080"]
    assert compose["networks"]["inside"] == {"internal": True}
