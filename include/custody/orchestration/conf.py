"""A run takes its partition key and nothing else.

Airflow keeps what a run is started with, its `conf`, in tables, in the audit log
and on its pages (measured).  So one that is not empty is refused: by the web
server before it is stored, and by the first task for runs that came otherwise.
"""

import json
from collections.abc import Mapping

from airflow.sdk import get_current_context
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from custody.errors import ConfigurationError

REFUSED = (
    "运行不接受 conf：仅需分区键（业务日期），请勿填写任何内容。"
    " A run takes no conf: give the partition key (the business date) alone."
)
"""What is answered; nothing of what was sent is repeated."""
_KEYS = ("conf", "dag_run_conf")  # of a run, and of a backfill
_API = "/api/v2/"
_UNPROCESSABLE = 422


def refuse_conf() -> None:
    """ConfigurationError when the current run was started with a conf."""
    if get_current_context()["dag_run"].conf:
        raise ConfigurationError(REFUSED)


class RefuseConf:
    """ASGI middleware: 422 to a call of Airflow's API that carries a conf."""

    def __init__(self, app: ASGIApp) -> None:
        """Take the application behind."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body of a call that changes something; pass it on unchanged."""
        if scope["type"] != "http" or not _may_start(scope):
            await self._app(scope, receive, send)
            return
        heard = await _whole(receive)
        if _has_conf(b"".join(message.get("body", b"") for message in heard)):
            refusal = JSONResponse({"detail": REFUSED}, status_code=_UNPROCESSABLE)
            await refusal(scope, receive, send)
            return

        async def again() -> Message:
            return heard.pop(0) if heard else await receive()

        await self._app(scope, again, send)


def _may_start(scope: Scope) -> bool:
    changes = scope["method"] in {"POST", "PUT", "PATCH"}
    return changes and _API in str(scope["path"])


async def _whole(receive: Receive) -> list[Message]:
    heard = [await receive()]
    while heard[-1].get("more_body", False):
        heard.append(await receive())
    return heard


def _has_conf(body: bytes) -> bool:
    """Whether a JSON object names a conf that is not empty."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return False  # Airflow refuses it
    return isinstance(content, Mapping) and any(content.get(key) for key in _KEYS)
