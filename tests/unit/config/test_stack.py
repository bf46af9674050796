"""`up` that fails leaves nothing running that was not running before."""

import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from custody.adapters.embedded import stack as place
from custody.adapters.embedded.airflow import EmbeddedAirflow
from custody.adapters.embedded.postgres import EmbeddedPostgres
from custody.adapters.embedded.stack import EmbeddedStack
from custody.errors import WorldError


def _fails() -> None:
    raise WorldError("the migration failed")


@pytest.mark.parametrize("ran_before", [False, True])
def test_what_a_failed_start_began_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, ran_before: bool
) -> None:
    done: list[str] = []
    preparing = subprocess.Popen(["sleep", "600"])
    folder = "stop airflow"
    monkeypatch.setattr(EmbeddedPostgres, "running", lambda _: ran_before)
    monkeypatch.setattr(EmbeddedPostgres, "start", lambda _: None)
    monkeypatch.setattr(EmbeddedPostgres, "stop", lambda _: done.append("database"))
    monkeypatch.setattr(EmbeddedAirflow, "prepare", lambda _: preparing)
    monkeypatch.setattr(
        place,
        "supervisor",
        SimpleNamespace(
            is_running=lambda _: False,
            end_leftovers=lambda _: None,
            stop=lambda _: done.append(folder),
        ),
    )

    with pytest.raises(WorldError):
        EmbeddedStack(home=tmp_path, environment={}).up(with_databases=_fails)

    assert preparing.poll() is not None
    assert done == ([folder] if ran_before else [folder, "database"])
