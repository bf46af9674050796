"""A conf is refused before it is stored, whoever sends it and however."""

import json

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from custody.orchestration.conf import RefuseConf

CANARY = "an-invented-canary"
RUNS = "/api/v2/dags/intake__website/dagRuns"


async def echo(request: Request) -> JSONResponse:
    """Answer with what arrived, as the server behind sees it."""
    return JSONResponse(json.loads(await request.body()))


def client(*, guarded: bool = True) -> TestClient:
    """Return a server with the middleware in front, or without it."""
    app = Starlette(routes=[Route("/{path:path}", echo, methods=["POST", "PATCH"])])
    if guarded:
        app.add_middleware(RefuseConf)
    return TestClient(app)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (RUNS, {"conf": {"x": CANARY}}),
        (RUNS, {"conf": [CANARY]}),
        (RUNS, {"conf": CANARY, "partition_key": "2026-03-10"}),
        ("/api/v2/backfills", {"dag_run_conf": {"x": CANARY}}),
        ("/api/v2/assets/1/materialize", {"conf": {"x": CANARY}}),
    ],
)
def test_a_conf_is_refused_without_being_repeated(path: str, body: object) -> None:
    answer = client().post(path, json=body)

    assert answer.status_code == 422
    assert "partition key" in answer.json()["detail"]
    assert "分区键" in answer.json()["detail"]
    assert CANARY not in answer.text


def test_twin_without_the_middleware_the_conf_arrives() -> None:
    answer = client(guarded=False).post(RUNS, json={"conf": {"x": CANARY}})

    assert CANARY in answer.text


@pytest.mark.parametrize(
    "body", [{}, {"conf": {}}, {"conf": None, "partition_key": "2026-03-10"}, [1], "x"]
)
def test_a_call_without_a_conf_arrives_unchanged(body: object) -> None:
    answer = client().post(RUNS, json=body)

    assert answer.status_code == 200
    assert answer.json() == body


def test_a_body_in_parts_is_read_as_one() -> None:
    """So that no client smuggles a conf past by sending it in two halves."""
    parts = iter([b'{"conf": {"x": ', f'"{CANARY}"}}}}'.encode()])

    answer = client().post(RUNS, content=parts)

    assert answer.status_code == 422
