"""Telling people: log, mail, webhook (R25).  The text holds ids and counts only.

`CUSTODY_NOTIFY_URLS` names any number of `log:`, `smtp://user@host:port/to@…`
(`smtps` for TLS from the start) and `https://…`.  A mail server's password is
the file `smtp` of the credentials folder.  A failure is logged by its kind and
never raised: nobody's delivery waits for a mail server.
"""

import json
import logging
import smtplib
import ssl
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import unquote, urlsplit

from custody.adapters.config import Settings
from custody.domain.language import Text
from custody.errors import ConfigurationError

TIMEOUT_SECONDS = 10
DEFAULT_SENDER = "custody@localhost"
_log = logging.getLogger(__name__)

Send = Callable[[str, str], None]
"""Takes subject and text; may raise anything."""
_FORM = Text(
    "CUSTODY_NOTIFY_URLS：每项为 log:、smtp://、smtps:// 或 https://",
    "CUSTODY_NOTIFY_URLS: each is log:, smtp://, smtps:// or https://",
)


@dataclass(frozen=True, slots=True)
class Notifiers:
    """Sends by every channel, whatever becomes of the others."""

    channels: tuple[tuple[str, Send], ...]

    def notify(self, subject: str, text: str) -> None:
        """Send by each channel; failures are logged by kind, never raised."""
        for name, send in self.channels:
            try:
                send(subject, text)
            except Exception as error:  # noqa: BLE001 - the intake goes on
                _log.warning("notifier %s failed: %s", name, type(error).__name__)


def open_notifier(settings: Settings) -> Notifiers:
    """Return the channels of CUSTODY_NOTIFY_URLS; ConfigurationError at a wrong one."""
    password = settings.credentials_dir / "smtp"
    return Notifiers(
        tuple(_channel(url, password_file=password) for url in settings.notify_urls)
    )


def _channel(url: str, *, password_file: Path) -> tuple[str, Send]:
    scheme = urlsplit(url).scheme
    if scheme == "log":
        return "log", _to_log
    if scheme in {"smtp", "smtps"}:
        return "mail", _Mail(url, password_file)
    if scheme in {"http", "https"}:
        return "webhook", _Webhook(url)
    raise _FORM.as_error(ConfigurationError)


def _to_log(subject: str, text: str) -> None:
    _log.warning("%s\n%s", subject, text)


@dataclass(frozen=True, slots=True)
class _Webhook:
    url: str

    def __call__(self, subject: str, text: str) -> None:
        request = urllib.request.Request(  # noqa: S310 - the scheme was checked
            self.url,
            data=json.dumps({"subject": subject, "text": text}).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS):  # noqa: S310 - as above
            return


@dataclass(frozen=True, slots=True)
class _Mail:
    url: str
    password_file: Path

    def __call__(self, subject: str, text: str) -> None:
        parts = urlsplit(self.url)
        mail = EmailMessage()
        mail["Subject"], mail["To"] = subject, unquote(parts.path.lstrip("/"))
        mail["From"] = DEFAULT_SENDER
        mail.set_content(text)
        with self._connect() as server:
            if parts.username:
                password = self.password_file.read_text(encoding="utf-8").strip()
                server.login(unquote(parts.username), password)
            server.send_message(mail)

    def _connect(self) -> smtplib.SMTP:
        parts = urlsplit(self.url)
        host, context = parts.hostname or "localhost", ssl.create_default_context()
        if parts.scheme == "smtps":
            return smtplib.SMTP_SSL(
                host, parts.port or 465, timeout=TIMEOUT_SECONDS, context=context
            )
        server = smtplib.SMTP(host, parts.port or 25, timeout=TIMEOUT_SECONDS)
        if parts.username:  # a password never travels in the clear
            server.starttls(context=context)
        return server
