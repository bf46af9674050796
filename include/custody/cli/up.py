"""`custody up|down`: the embedded stack, left running, and stopped."""

import os
import time
from typing import TYPE_CHECKING

import typer

from custody.cli.session import refuse
from custody.domain.language import Language, Text, choose_language

if TYPE_CHECKING:
    from custody.adapters.config import Settings
    from custody.adapters.embedded.airflow import EmbeddedAirflow
    from custody.adapters.embedded.stack import EmbeddedStack

PORT = "CUSTODY_PORT"

_STEPS = {
    "postgresql": Text("PostgreSQL 已启动", "PostgreSQL is up"),
    "databases": Text("数据库与密钥已就绪", "databases and keys are ready"),
    "prepared": Text("Airflow 已准备", "Airflow is prepared"),
    "airflow": Text("Airflow 运行正常", "Airflow is healthy"),
}
_STEP = Text("{seconds:5.1f} 秒  {step}", "{seconds:5.1f} s  {step}")
_PAGE = Text(
    "网页 {url}  用户 {name}  密码 {password}",
    "page {url}  login {name}  password {password}",
)
_STAYS = Text(
    "一直运行，直到 `custody down`（make down）。",
    "It stays up until `custody down` (make down).",
)
_DOWN = Text("已停止。", "Stopped.")
_SECRETS = Text(
    "已创建恢复密钥，请取走并从本机删除：{folder}",
    "Recovery secrets were made; take them away from this machine: {folder}",
)
_PORT = Text("{name}：端口应为数字", "{name}: a port is a number")


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("up", help="启动内置环境。 Start PostgreSQL and Airflow here.")(up)
    app.command("down", help="停止内置环境。 Stop them cleanly.")(down)


def up() -> None:
    """Start what is not running, and say where the page is."""
    from custody.adapters.config import read_settings  # noqa: PLC0415 - at once
    from custody.errors import CustodyError  # noqa: PLC0415 - as above

    language = choose_language(os.environ)
    try:
        airflow = start(read_settings(), language)
    except CustodyError as error:
        raise refuse(error) from None
    for name, password in airflow.logins().items():
        typer.echo(
            _PAGE.of(
                language, url=airflow.places.page_url, name=name, password=password
            )
        )
    typer.echo(_STAYS.of(language))


def down() -> None:
    """Stop Airflow, then PostgreSQL; nothing to stop is fine."""
    from custody.adapters.config import read_settings  # noqa: PLC0415 - at once
    from custody.errors import CustodyError  # noqa: PLC0415 - as above

    try:
        stack_of(read_settings()).down()
    except CustodyError as error:
        raise refuse(error) from None
    typer.echo(_DOWN.of(choose_language(os.environ)))


def start(settings: "Settings", language: Language) -> "EmbeddedAirflow":
    """Start the stack of these settings and print each step with its seconds."""
    began = time.monotonic()

    def tell(step: str) -> None:
        seconds = time.monotonic() - began
        text = _STEPS[step].of(language)
        typer.echo(_STEP.of(language, seconds=seconds, step=text))

    return stack_of(settings).up(
        tell, with_databases=lambda: prepare_keys(settings, language)
    )


def prepare_keys(settings: "Settings", language: Language) -> None:
    """Make the secrets once, migrate, and bear the first epochs; repeatable."""
    from custody.adapters.offsite import medium_name  # noqa: PLC0415 - at once
    from custody.adapters.secret_files import (  # noqa: PLC0415 - as above
        keep_certificate_key,
        keep_drill_key,
        keep_secrets,
    )
    from custody.adapters.stores import label_own_disks  # noqa: PLC0415 - as above
    from custody.bootstrap import open_custody  # noqa: PLC0415 - as above

    if not settings.public_keys_file.exists():
        folder = settings.home / "secrets"
        label_own_disks(settings.offsite_urls, home=settings.home)
        keep_secrets(
            [medium_name(url) for url in settings.offsite_urls],
            handover=folder,
            ledger_key_file=settings.ledger_key_file,
            public_keys_file=settings.public_keys_file,
        )
        typer.echo(_SECRETS.of(language, folder=folder))
    keep_certificate_key(
        certificate_key_file=settings.certificate_key_file,
        public_keys_file=settings.public_keys_file,
    )
    keep_drill_key(
        drill_key_file=settings.drill_key_file,
        public_keys_file=settings.public_keys_file,
    )
    open_custody(settings).prepare()


def stack_of(settings: "Settings") -> "EmbeddedStack":
    """Return the embedded stack that these settings describe."""
    from custody.adapters.embedded.stack import EmbeddedStack  # noqa: PLC0415 - at once
    from custody.errors import ConfigurationError  # noqa: PLC0415 - as above

    wished = os.environ.get(PORT, "")
    if wished and not wished.isdecimal():
        raise _PORT.as_error(ConfigurationError, name=PORT)
    return EmbeddedStack(
        home=settings.home,
        environment=settings.environment(),
        port=int(wished) if wished else None,
    )
