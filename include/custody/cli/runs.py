"""What a command about deliveries says, who gives it, and the run it starts."""

import json
import os
import pwd
from collections.abc import Mapping
from typing import TYPE_CHECKING

import typer

from custody.cli.session import REFUSED, language
from custody.domain.language import Language, Text

if TYPE_CHECKING:
    from custody.bootstrap import Custody
    from custody.domain.delivery import DeliveryKey

_STARTED = Text("已启动 Airflow 运行：{run}", "an Airflow run has started: {run}")
_NOT_STARTED = Text(
    "未连接 Airflow：由每小时的巡查启动",
    "no Airflow is named: the hourly sweep starts the run",
)


def say(text: Text, **places: object) -> None:
    """Print a text in the user's language."""
    typer.echo(text.of(language(), **places))


def fail(text: Text, **places: object) -> typer.Exit:
    """Print a text on standard error; return the exit to raise."""
    typer.echo(text.of(language(), **places), err=True)
    return typer.Exit(REFUSED)


def print_document(
    document: Mapping[str, object],
    *,
    as_json: bool,
    heads: Mapping[str, Text] | None = None,
) -> None:
    """Print what is known of one thing: a line of JSON, or a line each.

    `heads` are what a Chinese reader sees instead of the names.
    """
    if as_json:
        typer.echo(json.dumps(document, ensure_ascii=False))
        return
    if heads is not None and language() is Language.ZH:
        for name, value in document.items():
            typer.echo(f"{heads[name].zh}：{json.dumps(value, ensure_ascii=False)}")
        return
    width = max(map(len, document), default=0)
    for name, value in document.items():
        typer.echo(f"{name:<{width}} {json.dumps(value, ensure_ascii=False)}")


def actor() -> str:
    """Return who gives the command: the account of this process.

    No variable is asked, for whoever types the command sets those.
    """
    number = os.getuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"uid {number}"


def start_run(
    custody: "Custody", key: "DeliveryKey", *, why: str, further: bool = False
) -> None:
    """Start the intake of a delivery's date when Airflow is there, and say so.

    The run's id names the delivery and why, so that asking twice starts one run.
    What a person may do to a delivery more than once is `further`: each time is a
    run of its own, named by its moment; what is done once is not done by a repeat.
    An unapproved source has no intake: the sweep seals its delivery away (R19).
    """
    from custody.adapters.airflow_api import AirflowApi  # noqa: PLC0415 - with HTTP

    settings = custody.settings
    there = settings.airflow_url or settings.airflow_credentials_file.exists()
    if not there or custody.policy.source(key.source_id) is None:
        say(_NOT_STARTED)
        return
    run = f"{why}__{key.business_date.isoformat()}__{key.sequence}"
    if further:
        run += f"__{custody.clock.now():%Y%m%dT%H%M%S.%f}"
    api = AirflowApi.from_file(settings.airflow_credentials_file, settings.airflow_url)
    api.start_intake(key.source_id, key.business_date, run_id=run)
    say(_STARTED, run=f"intake__{key.source_id} {run}")
