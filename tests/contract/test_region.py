"""A medium that is pinned to a Region sends nothing to another one (R66)."""

import datetime as dt
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from custody.adapters.stores import medium_of
from custody.errors import ConfigurationError

_ANSWER = (
    b"<?xml version='1.0'?><Error><Code>PermanentRedirect</Code>"
    b"<Message>elsewhere</Message></Error>"
)
_SCOPE = re.compile(r"Credential=[^/]+/\d{8}/([a-z0-9-]+)/s3/")


class _Elsewhere(BaseHTTPRequestHandler):
    """S3 in the pinned Region, for a bucket that is in another one."""

    asked: ClassVar[list[str]] = []

    def _answer(self) -> None:
        found = _SCOPE.search(self.headers["Authorization"])
        assert found is not None
        self.asked.append(found[1])
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(301)
        self.send_header("x-amz-bucket-region", "eu-north-1")
        self.send_header("Content-Length", str(len(_ANSWER)))
        self.end_headers()
        self.wfile.write(_ANSWER)

    do_GET = do_PUT = _answer  # noqa: N815 - the library names them

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "invented")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "invented")
    _Elsewhere.asked.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), _Elsewhere) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def _asked(url: str, query: str) -> set[str]:
    """Return the Regions that a write was signed for; it fails in either case."""
    medium = medium_of(f"s3://bucket/prefix{query}#m", s3_endpoint_url=url)
    with pytest.raises(ConfigurationError, match="another Region"):
        medium.put("one", b"x", locked_until=dt.date(2099, 1, 1))
    return set(_Elsewhere.asked)


def test_a_bucket_in_another_region_is_refused(elsewhere: str) -> None:
    assert _asked(elsewhere, "?region=us-east-2") == {"us-east-2"}


def test_twin_without_the_pin_boto3_goes_there(elsewhere: str) -> None:
    """With everything that was to stay in one country."""
    assert "eu-north-1" in _asked(elsewhere, "")
