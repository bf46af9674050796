"""A proxy before moto's S3 that asks who calls, and refuses what their policy does.

moto asks nobody who they are, and lets a COMPLIANCE lock be shortened (measured).
What an identity may do is read from the runbook's own policies.  Each control can be
switched off, so that a test shows what it stops.
"""

import contextlib
import fnmatch
import http.client
import json
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl, unquote, urlsplit

POLICIES = Path(__file__).parents[2] / "docs" / "runbooks" / "aws-s3"
IDENTITIES = {"AKIAWRITER": "writer", "AKIAREMOVER": "remover"}
_ARN = "arn:aws-cn:s3:::"
_KEPT_OUT = {"connection", "transfer-encoding", "content-length", "keep-alive"}
_OWN = ("authorization", "x-amz-date", "x-amz-content-sha256")
_UNTIL = "x-amz-object-lock-retain-until-date"
_ON_BUCKET = {
    ("GET", "versions"): "ListBucketVersions",
    ("GET", "object-lock"): "GetBucketObjectLockConfiguration",
    ("GET", "versioning"): "GetBucketVersioning",
    ("GET", "uploads"): "ListBucketMultipartUploads",
    ("GET", ""): "ListBucket",
    ("PUT", "object-lock"): "PutBucketObjectLockConfiguration",
    ("PUT", "versioning"): "PutBucketVersioning",
    ("PUT", "lifecycle"): "PutLifecycleConfiguration",
    ("DELETE", ""): "DeleteBucket",
}
_ON_OBJECT = {
    ("GET", "retention"): ("GetObjectRetention",),
    ("GET", "versionId"): ("GetObjectVersion",),
    ("GET", "uploadId"): ("ListMultipartUploadParts",),
    ("GET", ""): ("GetObject",),
    ("HEAD", "versionId"): ("GetObjectVersion", "GetObjectRetention"),
    ("HEAD", ""): ("GetObject", "GetObjectRetention"),
    ("PUT", "retention"): ("PutObjectRetention",),
    ("PUT", "uploadId"): ("PutObject",),
    ("PUT", ""): ("PutObject",),
    ("POST", "uploads"): ("PutObject",),
    ("POST", "uploadId"): ("PutObject",),
    ("DELETE", "uploadId"): ("AbortMultipartUpload",),
    ("DELETE", "versionId"): ("DeleteObjectVersion",),
    ("DELETE", ""): ("DeleteObject",),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, as AWS judges it: who wants which actions on what."""

    identity: str
    actions: tuple[str, ...]
    resource: str


@dataclass
class S3Guard:
    """What it forbids; `asked` is every request that came."""

    upstream: str
    url: str = ""
    identities: bool = True
    locks: bool = True
    asked: list[Asked] = field(default_factory=list)

    def used(self, identity: str) -> set[str]:
        """Return the actions that an identity has asked for."""
        return {
            f"s3:{action}"
            for one in self.asked
            if one.identity == identity
            for action in one.actions
        }


def judged(method: str, target: str, headers: Mapping[str, str]) -> Asked:
    """Return what a request is; KeyError for one that nobody here makes."""
    parts = urlsplit(target)
    bucket, _, key = unquote(parts.path).lstrip("/").partition("/")
    asked = dict(parse_qsl(parts.query, keep_blank_values=True))
    named = _ON_OBJECT if key else _ON_BUCKET
    mark = next((one for one in asked if (method, one) in named), "")
    found = named[method, mark]
    actions = found if isinstance(found, tuple) else (found,)
    if actions == ("PutObject",) and _UNTIL in headers:
        actions += ("PutObjectRetention",)
    if headers.get("x-amz-bypass-governance-retention") == "true":
        actions += ("BypassGovernanceRetention",)
    who = re.search(r"Credential=([^/]+)/", headers.get("authorization", ""))
    return Asked(
        IDENTITIES.get(who[1] if who else "", "nobody"),
        actions,
        _ARN + (f"{bucket}/{key}" if key else bucket),
    )


def allowed(identity: str) -> set[str]:
    """Return the actions that the documented policy of an identity allows."""
    return {
        action
        for one in _statements(identity)
        if one["Effect"] == "Allow"
        for action in one["Action"]
    }


def may(one: Asked) -> bool:
    """Tell whether the documented policy lets an identity do all of it."""
    return all(
        {
            statement["Effect"]
            for statement in _statements(one.identity)
            if f"s3:{action}" in statement["Action"]
            and _covers(statement["Resource"], one.resource)
        }
        == {"Allow"}
        for action in one.actions
    )


def _covers(resources: str | list[str], resource: str) -> bool:
    listed = [resources] if isinstance(resources, str) else resources
    return any(fnmatch.fnmatchcase(resource, pattern) for pattern in listed)


def _statements(identity: str) -> list[dict[str, Any]]:
    file = POLICIES / f"{identity}.json"
    if not file.exists():
        return []
    return cast(
        "list[dict[str, Any]]", json.loads(file.read_text("utf-8"))["Statement"]
    )


class _Passing(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _pass(self) -> None:
        guard = cast("_Server", self.server).guard
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self._body(headers)
        asked = judged(self.command, self.path, headers)
        guard.asked.append(asked)
        refused = guard.identities and not may(asked)
        if refused or (guard.locks and self._shortens(guard, asked, headers, body)):
            self._say(403, [], b"<Error><Code>AccessDenied</Code></Error>")
        else:
            self._say(*_ask(guard.upstream, self.command, self.path, headers, body))

    def _shortens(
        self, guard: S3Guard, asked: Asked, headers: Mapping[str, str], body: bytes
    ) -> bool:
        """Whether a lock would end earlier, as S3 lets nobody do in COMPLIANCE."""
        until = re.search(rb"<RetainUntilDate>([^<]+)<", body)
        if asked.actions[0] != "PutObjectRetention" or until is None:
            return False
        version = dict(parse_qsl(urlsplit(self.path).query)).get("versionId", "")
        path = urlsplit(self.path).path + (f"?versionId={version}" if version else "")
        own = {name: headers[name] for name in _OWN if name in headers}
        _, told, _ = _ask(guard.upstream, "HEAD", path, own, b"")
        locked = {name.lower(): value for name, value in told}.get(_UNTIL, "")
        return until[1].decode()[:10] < locked[:10]

    def _body(self, headers: Mapping[str, str]) -> bytes:
        if "chunked" in headers.get("transfer-encoding", ""):
            content = b""
            while size := int(self.rfile.readline().partition(b";")[0], 16):
                content += self.rfile.read(size)
                self.rfile.readline()
            while self.rfile.readline().strip():
                pass
            return content
        return self.rfile.read(int(headers.get("content-length", 0)))

    def _say(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
        self.send_response_only(status)
        length = next((v for k, v in headers if k.lower() == "content-length"), "")
        for name, value in headers:
            if name.lower() not in _KEPT_OUT:
                self.send_header(name, value)
        head = self.command == "HEAD"
        self.send_header(
            "Content-Length", length if head and length else str(len(content))
        )
        self.end_headers()
        if not head:
            self.wfile.write(content)


def _ask(
    upstream: str, method: str, path: str, headers: Mapping[str, str], body: bytes
) -> tuple[int, list[tuple[str, str]], bytes]:
    line = http.client.HTTPConnection(urlsplit(upstream).netloc, timeout=30)
    kept = {name: value for name, value in headers.items() if name not in _KEPT_OUT}
    line.request(method, path, body=body, headers=kept)
    answer = line.getresponse()
    content = answer.read()
    line.close()
    return answer.status, answer.getheaders(), content


for _method in ("GET", "PUT", "POST", "HEAD", "DELETE"):
    setattr(_Passing, f"do_{_method}", _Passing._pass)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    guard: S3Guard


@contextlib.contextmanager
def guarded_s3(upstream: str) -> Iterator[S3Guard]:
    """Serve a guard before moto's URL, on the loopback."""
    server = _Server(("127.0.0.1", 0), _Passing)
    server.guard = S3Guard(upstream, f"http://127.0.0.1:{server.server_address[1]}")
    serving = threading.Thread(target=server.serve_forever, args=(0.05,))
    serving.start()
    try:
        yield server.guard
    finally:
        server.shutdown()
        serving.join()
        server.server_close()
