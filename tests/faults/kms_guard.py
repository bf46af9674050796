"""A proxy before moto's KMS that refuses what AWS refuses and moto forgives.

moto decrypts under a key that is disabled or due for deletion, never deletes one,
and asks nobody who they are (measured).  Each control can be switched off, so that a
test shows what it stops.  A call can be the last one that is answered, before or after
its effect, as if whoever made it had been killed there.
"""

import contextlib
import datetime as dt
import http.client
import json
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeAlias, cast
from urllib.parse import urlsplit

import pytest

from tests.fakes.world import FixedClock

POLICIES = Path(__file__).parents[2] / "docs" / "runbooks" / "aws-kms"
IDENTITIES = {
    "AKIAOPENER": "opener",
    "AKIADESTROYER": "destroyer",
    "AKIAWRITER": "writer",  # of a bucket: no policy of KMS names it
}
TARGET = "TrentService."
USES = {"Decrypt", "Encrypt", "GenerateDataKey", "ReEncrypt", "CreateGrant"}
ENDS = {"DisableKey", "EnableKey", "ScheduleKeyDeletion"}
KILLED = "Killed"

Body = dict[str, Any]
Headers: TypeAlias = "Message[str, str]"


class RefusedError(Exception):
    """What AWS would not do, by its error code."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One call that reached the service."""

    identity: str
    operation: str
    body: Mapping[str, Any] = field(repr=False)


@dataclass
class KmsGuard:
    """What it knows and forbids; `disabled_code` is how it says no to a disabled key.

    AWS's pages name both KMSInvalidStateException and DisabledException.  `late`: so
    often a new key is not found by who uses it; `lost`: the call of which the first
    answer does not arrive.
    """

    upstream: str
    clock: FixedClock
    states: bool = True
    identities: bool = True
    windows: bool = True
    multi_region: bool = False
    disabled_code: str = "KMSInvalidStateException"
    asked: list[Asked] = field(default_factory=list)
    deletions: dict[str, dt.datetime] = field(default_factory=dict)
    last: tuple[int, str] | None = None
    effects: int = 0
    lost: str = ""
    late: int = 0
    headers: Headers = field(default_factory=Message, repr=False)
    turn: threading.RLock = field(default_factory=threading.RLock)

    def effect(self) -> tuple[bool, bool]:
        """Count one effect; tell whether it happens, and whether that is heard of."""
        with self.turn:
            self.effects += 1
            if self.last is None or self.effects < self.last[0]:
                return True, True
            return self.effects == self.last[0] and self.last[1] == "after", False

    def operations(self, identity: str | None = None) -> list[str]:
        """Return what was asked, by one identity or all."""
        return [one.operation for one in self.asked if identity in {None, one.identity}]

    def forget(self, arn: str) -> None:
        """Bring a key back that was due for deletion, as the account's owner can."""
        key = arn.rpartition("/")[2]
        del self.deletions[key]
        headers = self.headers
        self._ask(headers, "CancelKeyDeletion", {"KeyId": key})
        self._ask(headers, "EnableKey", {"KeyId": key})

    # --- rules ----------------------------------------------------------------------

    def answer(self, headers: Headers, body: Body) -> Body:
        """Return the answer; RefusedError as AWS would."""
        operation = headers["X-Amz-Target"].removeprefix(TARGET)
        identity = _identity(headers)
        with self.turn:
            self.headers = headers
            self.asked.append(Asked(identity, operation, body))
            if self.identities and not may(identity, operation, body):
                raise RefusedError("AccessDeniedException")
        self._refuse(operation, headers, body)
        if operation == "CreateKey" and self.multi_region:
            body = {**body, "MultiRegion": True}
        return self._told(operation, self._ask(headers, operation, body), body)

    def _refuse(self, operation: str, headers: Headers, body: Body) -> None:
        if operation in {"GenerateDataKey", "Encrypt"} and self.late:
            self.late -= 1
            raise RefusedError("NotFoundException")
        name = body.get("KeyId") or body.get("TargetKeyId")
        if name is None:
            return
        key = self._ask(headers, "DescribeKey", {"KeyId": name})["KeyMetadata"]
        due = self.deletions.get(key["KeyId"])
        if due is not None and due <= self.clock.now():
            raise RefusedError("NotFoundException")
        if self.states and operation in USES | ENDS:
            self._refuse_state(operation, key["KeyState"])
        days = body.get("PendingWindowInDays", 30)
        if operation == "ScheduleKeyDeletion" and self.windows and not 7 <= days <= 30:
            raise RefusedError("ValidationException")

    def _refuse_state(self, operation: str, state: str) -> None:
        if state == "PendingDeletion":
            raise RefusedError("KMSInvalidStateException")
        if state == "Disabled" and operation in USES:
            raise RefusedError(self.disabled_code)

    def _told(self, operation: str, answer: Body, body: Body) -> Body:
        """Return the answer with our clock's dates, and without what is gone."""
        if operation == "ScheduleKeyDeletion":
            days = dt.timedelta(days=body.get("PendingWindowInDays", 30))
            key = answer["KeyId"].rpartition("/")[2]
            self.deletions[key] = self.clock.now() + days
            answer["DeletionDate"] = self.deletions[key].timestamp()
        if operation == "DescribeKey":
            facts = answer["KeyMetadata"]
            if "DeletionDate" in facts and facts["KeyId"] in self.deletions:
                facts["DeletionDate"] = self.deletions[facts["KeyId"]].timestamp()
        if operation == "ListKeys":
            answer["Keys"] = [one for one in answer["Keys"] if not self._gone(one)]
        return answer

    def _gone(self, one: Body) -> bool:
        due = self.deletions.get(one["KeyId"])
        return due is not None and due <= self.clock.now()

    def _ask(self, headers: Headers, operation: str, body: Body) -> Body:
        line = http.client.HTTPConnection(urlsplit(self.upstream).netloc, timeout=30)
        kept = {k: v for k, v in headers.items() if k.lower() in _PASSED}
        kept["X-Amz-Target"] = TARGET + operation
        if ":key/" in body.get("KeyId", ""):  # moto disables by bare id only
            body = {**body, "KeyId": body["KeyId"].rpartition("/")[2]}
        line.request("POST", "/", body=json.dumps(body), headers=kept)
        answer = line.getresponse()
        content = json.loads(answer.read() or b"null") or {}
        line.close()
        if answer.status >= 400:
            code = str(content["__type"])
            wrong_key = operation == "Decrypt" and code == "AccessDeniedException"
            raise RefusedError("IncorrectKeyException" if wrong_key else code)
        return cast("Body", content)


_PASSED = {"authorization", "content-type", "x-amz-date"}


def _identity(headers: Headers) -> str:
    found = re.search(r"Credential=([^/]+)/", headers.get("Authorization", ""))
    return IDENTITIES.get(found[1] if found else "", "nobody")


def allowed(identity: str) -> set[str]:
    """Return the actions that the documented policy of an identity allows."""
    return {
        action
        for one in _statements(identity)
        for action in one["Action"]
        if one["Effect"] == "Allow"
    }


def may(identity: str, operation: str, body: Mapping[str, Any]) -> bool:
    """Tell whether the documented policy lets an identity make a call.

    Of its conditions those on the purpose of an epoch are looked at: a policy names
    one installation, and tests have many.
    """
    purpose = body.get("EncryptionContext", {}).get("custody:purpose")
    effects = {
        one["Effect"]
        for one in _statements(identity)
        if f"kms:{operation}" in one["Action"] and _is_of(one, purpose)
    }
    return effects == {"Allow"}


def _statements(identity: str) -> list[dict[str, Any]]:
    file = POLICIES / f"{identity}.json"
    if not file.exists():
        return []
    return cast(
        "list[dict[str, Any]]", json.loads(file.read_text("utf-8"))["Statement"]
    )


def _is_of(statement: Mapping[str, Any], purpose: str | None) -> bool:
    equals = statement.get("Condition", {}).get("StringEquals", {})
    return bool(purpose == equals.get(_PURPOSE, purpose))


_PURPOSE = "kms:EncryptionContext:custody:purpose"


class _Passing(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        guard = cast("_Server", self.server).guard
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        operation = self.headers["X-Amz-Target"].removeprefix(TARGET)
        happens, heard = guard.effect()
        try:
            answer = guard.answer(self.headers, body) if happens else {}
        except RefusedError as refusal:
            self._say(400, {"__type": str(refusal), "message": "refused"})
            return
        if not heard:
            self._say(400, {"__type": KILLED, "message": "killed"})
        elif operation == guard.lost:
            guard.lost = ""
            self._say(500, {"__type": "KMSInternalException", "message": "lost"})
        else:
            self._say(200, answer)

    def _say(self, status: int, answer: Body) -> None:
        content = json.dumps(answer).encode()
        self.send_response_only(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    guard: KmsGuard


@dataclass(frozen=True)
class GuardPost:
    """Where guards stand; `upstream` is moto's URL."""

    server: _Server
    upstream: str

    @property
    def url(self) -> str:
        """The URL that a guard answers at."""
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def relieve(self, clock: FixedClock) -> KmsGuard:
        """Put a guard there that knows of nothing yet, and let moto forget all keys."""
        from moto.kms.models import kms_backends  # noqa: PLC0415 - a second to import

        for account in kms_backends.values():
            for backend in account.values():
                backend.keys.clear()
        self.server.guard = KmsGuard(self.upstream, clock)
        return self.server.guard


@contextlib.contextmanager
def guard_post(upstream: str) -> Iterator[GuardPost]:
    """Serve guards before moto's URL, on the loopback.

    moto draws an RSA pair for each symmetric key too, and never uses it.
    """
    patch = pytest.MonkeyPatch()
    patch.setattr("moto.kms.models.generate_private_key", lambda _: None)
    server = _Server(("127.0.0.1", 0), _Passing)
    serving = threading.Thread(target=server.serve_forever, args=(0.05,))
    serving.start()
    try:
        yield GuardPost(server, upstream)
    finally:
        server.shutdown()
        serving.join()
        server.server_close()
        patch.undo()
