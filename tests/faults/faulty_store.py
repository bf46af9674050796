"""A web proxy before an object store that spoils one answer, or all from one on.

It refuses what S3 refuses and moto forgives, too (`tests.faults.strict_store`).
"""

import contextlib
import http.client
import io
import select
import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast
from urllib.parse import parse_qs, urlsplit

from tests.faults import strict_store

FAULTS = (
    "unavailable",  # 503
    "reset",  # the line breaks
    "lost",  # done, and answered with 500
    "silent",  # taken, and never answered
    "halted",  # done, half answered, and silent from there on
    "truncated",  # cut short, and the line breaks
    "clipped",  # half a body that says it is whole
    "flipped",  # one bit of the answer differs
    "spoilt",  # one bit of what was sent differs when it is stored
)

MORE_FAULTS = (
    "dropped",  # done, and the line breaks
    "dripped",  # done, and answered at 1 kB/s
    "error_body",  # not done, and a document of an error that says 200
    "garbled",  # one bit of what was sent differs on its way, as S3 notices
)
ONE_BYTE = "one byte"
"""One bit of the answer's byte `byte`, its headers' values first, differs."""

"""Asked of off-site media only, where they were first met."""

_NAMED = {
    *("object-lock", "versioning", "versions", "list-type", "uploads", "uploadId"),
    *("partNumber", "retention"),
}
_HOP = {"connection", "transfer-encoding", "content-length", "keep-alive"}
_LOOK_SECONDS = 0.05
_DRIP_BYTES, _BYTES_PER_SECOND = 256, 1_000
_ERROR = strict_store.document("InternalError")
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close with RST


@dataclass
class Spoiler:
    """What is spoiled: the answer number `at`, and with `lasting` all after it.

    With `only`, answers to that operation alone are counted and spoiled.  `size` is
    how many bytes the last answer had that was spoiled by `ONE_BYTE`.
    """

    upstream: str
    url: str = ""
    fault: str = ""
    at: int = 0
    lasting: bool = False
    asked: int = 0
    spoiled: int = 0
    only: str = ""
    byte: int = 0
    size: int = 0
    operations: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    turn: threading.Lock = field(default_factory=threading.Lock)

    def begin(
        self, fault: str = "", at: int = 0, *, lasting: bool = False, only: str = ""
    ) -> None:
        """Count from zero."""
        with self.turn:
            self.fault, self.at, self.lasting, self.only = fault, at, lasting, only
            self.asked = self.spoiled = 0
            self.operations = []

    def next(self, operation: str) -> str:
        """Return what happens to this answer; nothing when it is passed on."""
        with self.turn:
            self.operations.append(operation)
            if self.only not in {"", operation}:
                return ""
            self.asked += 1
            now = self.asked == self.at or (self.lasting and self.asked > self.at > 0)
            self.spoiled += now
            return self.fault if now else ""


class _Passing(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _pass(self) -> None:
        spoiler = cast("_Server", self.server).spoiler
        fault = spoiler.next(operation_of(self.command, self.path))
        body = self._body()
        if fault == "unavailable":
            self._answer(503, [], b"")
        elif fault == "reset":
            self._reset()
        elif fault == "silent":
            self._keep_silent()
        elif fault == "error_body":
            self._answer(200, [("Content-Type", "application/xml")], _ERROR)
        elif refused := strict_store.refusal(
            spoiler.upstream,
            self.command,
            self.path,
            _lower(self.headers),
            _flipped(body) if fault == "garbled" else body,
        ):
            self._answer(refused[0], [], strict_store.document(refused[1]))
        else:
            stored = self.command == "PUT" and (
                "?" not in self.path or "partNumber=" in self.path
            )
            body = _flipped(body) if fault == "spoilt" and stored else body
            status, headers, content = self._ask(spoiler.upstream, body)
            self._answer_spoiled(fault, status, headers, content)

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            content = b""
            while size := int(self.rfile.readline().partition(b";")[0], 16):
                content += self.rfile.read(size)
                self.rfile.readline()
            while self.rfile.readline().strip():
                pass
            return content
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _ask(self, url: str, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        line = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
        headers = {k: v for k, v in self.headers.items() if k.lower() not in _HOP}
        line.request(self.command, self.path, body=body, headers=headers)
        answer = line.getresponse()
        content = answer.read()
        kept = [(k, v) for k, v in answer.getheaders() if k.lower() not in _HOP]
        if self.command == "HEAD":
            kept.append(("Content-Length", answer.headers.get("Content-Length", "0")))
        line.close()
        return answer.status, kept, content

    def _answer_spoiled(
        self, fault: str, status: int, headers: list[tuple[str, str]], content: bytes
    ) -> None:
        if fault == "lost":
            self._answer(500, [], b"")
        elif fault == "dropped":
            self._reset()
        elif fault == "dripped" and content:
            self._drip(status, headers, content)
        elif fault == "halted":
            self._answer(status, headers, content, sent=len(content) // 2)
            self._keep_silent()
        elif fault == "truncated" and content:
            self._answer(status, headers, content, sent=len(content) // 2)
            self._reset()
        elif fault == "clipped":
            self._answer(status, headers, content[: len(content) // 2])
        elif fault == ONE_BYTE:
            spoiler = cast("_Server", self.server).spoiler
            self._answer(status, *_flipped_at(spoiler, headers, content))
        else:
            whole = _flipped(content) if fault == "flipped" else content
            self._answer(status, headers, whole)

    def _answer(
        self,
        status: int,
        headers: list[tuple[str, str]],
        content: bytes,
        *,
        sent: int | None = None,
    ) -> None:
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        if self.command != "HEAD" or not headers:
            self.send_header("Content-Length", str(len(content)))
        if sent is None or content:
            self.end_headers()
        else:  # half of nothing: the headers, and not their end
            self.flush_headers()
        if self.command != "HEAD":
            self.wfile.write(content if sent is None else content[:sent])

    def _drip(
        self, status: int, headers: list[tuple[str, str]], content: bytes
    ) -> None:
        """Answer at 1 kB/s until all is said, or whoever asked hangs up."""
        self._answer(status, headers, content, sent=0)
        spoiler = cast("_Server", self.server).spoiler
        for start in range(0, len(content), _DRIP_BYTES):
            if spoiler.over.wait(_DRIP_BYTES / _BYTES_PER_SECOND):
                break
            try:
                self.wfile.write(content[start : start + _DRIP_BYTES])
            except OSError:
                break
        self.close_connection = True

    def _keep_silent(self) -> None:
        """Hold the line until whoever asked hangs up, or all is over."""
        spoiler = cast("_Server", self.server).spoiler
        self.wfile.flush()
        while not spoiler.over.wait(_LOOK_SECONDS):
            if select.select([self.connection], [], [], 0)[0]:
                break
        self.close_connection = True

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.close_connection = True


def operation_of(method: str, path: str) -> str:
    """Return what a request asks for: method, bucket or object, what it names."""
    parts = urlsplit(path)
    what = "object" if parts.path.strip("/").count("/") else "bucket"
    named = sorted(_NAMED & parse_qs(parts.query, keep_blank_values=True).keys())
    return " ".join((method, what, *named))


def _lower(headers: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _flipped(content: bytes) -> bytes:
    flipped = bytearray(content)
    if flipped:
        flipped[len(content) // 2] ^= 1
    return bytes(flipped)


def _flipped_at(
    spoiler: Spoiler, headers: list[tuple[str, str]], content: bytes
) -> tuple[list[tuple[str, str]], bytes]:
    """Return headers and content, of which the byte `spoiler.byte` differs."""
    said = io.BytesIO("".join(value for _, value in headers).encode() + content)
    spoiler.size = len(said.getbuffer())
    said.getbuffer()[spoiler.byte % spoiler.size] ^= 1
    values = [(name, said.read(len(value.encode()))) for name, value in headers]
    return [(name, value.decode()) for name, value in values], said.read()


for _method in ("GET", "PUT", "POST", "HEAD", "DELETE"):
    setattr(_Passing, f"do_{_method}", _Passing._pass)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    spoiler: Spoiler


@contextlib.contextmanager
def faulty_store(upstream: str) -> Iterator[Spoiler]:
    """Serve a spoiler before a store's URL, on the loopback."""
    server = _Server(("127.0.0.1", 0), _Passing)
    server.spoiler = Spoiler(upstream, f"http://127.0.0.1:{server.server_address[1]}")
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    try:
        yield server.spoiler
    finally:
        server.spoiler.over.set()
        server.shutdown()
        serving.join()
        server.server_close()
