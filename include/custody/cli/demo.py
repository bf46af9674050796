"""`custody demo`: six deliveries through real Airflow runs, left up to look at."""

import datetime as dt
import os
import random
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from custody.cli import up
from custody.cli.demo_story import Chapter, real_files, tell_story
from custody.cli.demo_told import Told
from custody.cli.session import refuse
from custody.domain.language import Language, Text, choose_language

if TYPE_CHECKING:
    from custody.adapters.config import Settings
    from custody.adapters.embedded.airflow import EmbeddedAirflow
    from custody.cli.demo_runs import Runs

FAILED = 1
_TREE = Path(__file__).resolve().parents[3]

_FIRST = Text(
    "{seconds:5.1f} 秒  第一批已入库：{delivery}",
    "{seconds:5.1f} s  the first delivery is loaded: {delivery}",
)
_DONE = Text("{seconds:5.1f} 秒  全部完成", "{seconds:5.1f} s  all is done")
_LOGIN = Text("登录名 {name}  密码 {password}", "login {name}  password {password}")
_LINKS = {
    Text("运行", "run"): "/dags/{dag}/runs/{run}",
    Text("验收报告", "report"): "/custody/report/{delivery}",
    Text("客户登记", "register"): "/custody/register",
}
_RED = Text("运行失败：{dag} {run}", "a run failed: {dag} {run}")
_NO_FILES = Text(
    "{folder} 下没有真实文件", "none of the real files lies under {folder}"
)


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo", help="演示：六批交付。 Six deliveries in real runs.")(demo)


def demo() -> None:
    """Run the demo; DATA names a folder of real files, SMOKE=1 goes down again.

    Exit status 1 when anything came out otherwise than the story says.
    """
    from custody.adapters.config import read_settings  # noqa: PLC0415 - at once
    from custody.errors import CustodyError  # noqa: PLC0415 - as above

    language, smoke = choose_language(os.environ), os.environ.get("SMOKE") == "1"
    settings = _with_real_sources(read_settings())
    try:
        right = _Demo(settings, language, time.monotonic()).play()
    except CustodyError as error:
        refuse(error)
        right = False
    finally:
        if smoke:
            up.stack_of(settings).down()
    if not right:
        raise typer.Exit(FAILED)


@dataclass(frozen=True, slots=True)
class _Demo:
    """One demo from its start at `began` (monotonic seconds)."""

    settings: "Settings"
    language: Language
    began: float

    def play(self) -> bool:
        """Tell the story; return whether it ended as it must."""
        from custody.adapters.airflow_api import AirflowApi  # noqa: PLC0415 - at once
        from custody.bootstrap import open_custody  # noqa: PLC0415 - as above
        from custody.cli.demo_runs import Runs  # noqa: PLC0415 - as above

        partner_key = _partner_key(self.settings)
        airflow = up.start(self.settings, self.language)
        custody = open_custody(self.settings)
        day = custody.policy.today(custody.clock.now())
        api = AirflowApi.from_file(
            self.settings.airflow_credentials_file, airflow.places.local_url
        )
        runs, told = Runs(api, day), Told(custody, day, partner_key, self.language)
        first, *others = _chapters(day)
        told.deliver(first)
        runs.start_intakes([first.source_id])
        red = list(runs.wait())
        self._say(_FIRST, delivery=told.ids[0])
        for chapter in others:
            told.deliver(chapter)
        known = {source.source_id for source in custody.policy.sources}
        sources = dict.fromkeys(chapter.source_id for chapter in others)
        runs.start_intakes(source for source in sources if source in known)
        red = list(runs.wait())
        if sources.keys() - known:
            runs.start_sweep()
            red = list(runs.wait())
        self._say(_DONE)
        return self._look(airflow, told, runs, red)

    def _look(
        self,
        airflow: "EmbeddedAirflow",
        told: "Told",
        runs: "Runs",
        red: list[tuple[str, str]],
    ) -> bool:
        """Print what became of it all; return whether it is as it must be."""
        from rich.console import Console  # noqa: PLC0415 - at once

        from custody.bootstrap import open_custody  # noqa: PLC0415 - as above
        from custody.bootstrap.browsing import open_shelf  # noqa: PLC0415 - as above
        from custody.cli import demo_tables  # noqa: PLC0415 - as above

        console, shelf = Console(), open_shelf(self.settings)
        by_id = {found.delivery_id: found for found in shelf.views.deliveries()}
        summaries = [by_id[known] for known in told.ids if known in by_id]
        demo_tables.show_deliveries(console, summaries, self.language)
        demo_tables.show_counts(console, shelf, self.language)
        page = airflow.places.page_url
        custody = open_custody(self.settings)
        demo_tables.show_one(console, custody, told.ids[0], page, self.language)
        name, password = next(iter(airflow.logins().items()))
        typer.echo(_LOGIN.of(self.language, name=name, password=password))
        dag, run = runs.started[0]
        for label, path in _LINKS.items():
            place = path.format(dag=dag, run=run, delivery=told.ids[0])
            typer.echo(f"{label.of(self.language)}: {page}{place}")
        for dag, run in red:
            typer.echo(_RED.of(self.language, dag=dag, run=run), err=True)
        return told.ended_right(by_id) and not red

    def _say(self, text: Text, **places: object) -> None:
        seconds = time.monotonic() - self.began
        typer.echo(text.of(self.language, seconds=seconds, **places))


def _chapters(day: dt.date) -> tuple[Chapter, ...]:
    """Return the story, or the real files under DATA."""
    from custody.cli.demo_people import Inventor  # noqa: PLC0415 - at once
    from custody.errors import ConfigurationError  # noqa: PLC0415 - as above

    folder = os.environ.get("DATA", "")
    if not folder:
        return tell_story(Inventor(random.SystemRandom()), day)
    found = real_files(Path(folder))
    if not found:
        raise _NO_FILES.as_error(ConfigurationError, folder=folder)
    return found


def _with_real_sources(settings: "Settings") -> "Settings":
    """Add the policies of the real files, which stand beside the tests."""
    if not os.environ.get("DATA"):
        return settings
    beside = sorted((_TREE / "tests" / "policies").glob("*"))  # none in a wheel
    return replace(settings, policy_dirs=(*settings.policy_dirs, *beside))


def _partner_key(settings: "Settings") -> bytes:
    """Return the demo partner's signing key; its public half becomes known."""
    import json  # noqa: PLC0415 - at once

    from custody.adapters.embedded.airflow_config import write_private  # noqa: PLC0415
    from custody.crypto import signing  # noqa: PLC0415 - as above

    kept, known = settings.home / "demo" / "partner.key", settings.home
    if not kept.exists():
        write_private(kept, signing.generate().hex())
    key = bytes.fromhex(kept.read_text(encoding="ascii"))
    public = {"partner_bank": [signing.public_key_of(key).hex()]}
    write_private(known / "partner_keys.json", json.dumps(public))
    return key
