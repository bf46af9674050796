"""`custody register reclassify`: every customer, under the policy in force."""

from typing import Annotated

import typer

from custody.cli.runs import actor, fail, print_document, say, start_run
from custody.cli.session import opened
from custody.domain.language import Text
from custody.domain.reason_words import UNFIT_REASON

_DRY = Text("试运行：未写入任何数据", "a dry run: nothing was sealed")


def reclassify(
    *,
    reason: Annotated[
        str, typer.Option(help="理由，记入台账。 The reason; it goes into the ledger.")
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="只计数。 Count only.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON")] = False,
) -> None:
    """Print counts and deliveries, never a value; start the runs of what changed."""
    with opened() as custody:
        found = custody.reclassify_register(
            reason=reason, actor=actor(), dry_run=dry_run
        )
        if found is None:
            raise fail(UNFIT_REASON)
        print_document(found.told(), as_json=as_json)
        if dry_run and not as_json:
            say(_DRY)
        for key in found.deliveries:
            start_run(custody, key, why="reclassify", further=True)
