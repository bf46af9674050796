"""New cards for a medium, as a person makes them, and the secret that they hold."""

import dataclasses
from pathlib import Path

from typer.testing import CliRunner

from custody.adapters.config import read_settings
from custody.adapters.share_files import read_card, secret_of_cards
from custody.bootstrap import open_custody
from custody.cli.main import app
from custody.crypto import recovery
from tests.builders.installation import Installation

RENEWED = "a"
"""The medium whose cards are renewed."""


def renew_cards(made: Installation, folder: Path) -> Installation:
    """Give a medium new cards as a person does; its secret file follows."""
    folders = [folder / f"holder{at}" for at in (1, 2, 3)]
    arguments = ["keys", "renew", RENEWED]
    for one in folders:
        one.mkdir()
        arguments += ["--cards", str(one)]
    environment = {**made.environment, "CUSTODY_LANG": "en"}
    done = CliRunner().invoke(app, arguments, env=environment)
    assert done.exit_code == 0, done.output
    assert "Now run `custody backup run`" in done.output
    after = dataclasses.replace(
        made, custody=open_custody(read_settings(made.environment))
    )
    fresh = secret_of_cards(
        [
            read_card(one / f"{RENEWED}-share-{at}.txt")
            for at, one in enumerate(folders[:2], start=1)
        ],
        medium=RENEWED,
        recipient=after.custody.public_keys.media[RENEWED].age,
    )
    assert isinstance(fresh, bytes)
    file = made.secrets / f"{RENEWED}.recovery"
    file.rename(made.secrets / f"{RENEWED}.former")
    file.write_text(recovery.secret_to_text(fresh), "utf-8")
    return after
