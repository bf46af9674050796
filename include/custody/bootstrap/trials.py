"""Puts together what `custody expectations try` needs; no database is opened."""

import datetime as dt
import secrets
from collections.abc import Mapping
from pathlib import Path

from custody.adapters.config import read_settings
from custody.adapters.policy.loader import load_policy
from custody.adapters.quality.great_expectations import GreatExpectations
from custody.adapters.readers.choose import reader_of
from custody.adapters.readers.unknown import open_unknown
from custody.adapters.suites import compile_for, installed_rules, read_suite
from custody.application.trials import (
    Trial,
    fields_of_header,
    try_on_header,
    try_on_source,
)
from custody.columns.facts import BlockExaminer, build_plan
from custody.columns.rules import compile_suite
from custody.errors import PolicyError

KEY_BITS = 64


def try_by_header(suite: Path, file: Path) -> Trial:
    """Try a suite on a file whose header cells are its field names."""
    table = open_unknown(file)
    compiled = compile_suite(
        read_suite(suite),
        fields=fields_of_header(table),
        custom_rules=installed_rules(),
    )
    return try_on_header(
        compiled,
        table=table,
        quality=GreatExpectations(),
        key=secrets.randbits(KEY_BITS),
    )


def try_as_source(
    suite: Path, file: Path, *, source_id: str, environment: Mapping[str, str]
) -> Trial:
    """Try a suite on a file read and normalised as a source's deliveries are."""
    policy = load_policy(*read_settings(environment).policy_dirs)
    source = policy.source(source_id)
    if source is None:
        raise PolicyError("sources", source_id, "is no approved source")
    if source.bundle is not None:
        raise PolicyError(
            "sources", source_id, "is a bundle: one file tells too little"
        )
    compiled = compile_for(
        source, [read_suite(suite)], policy=policy, custom_rules=installed_rules()
    )
    plan = build_plan(
        source,
        policy,
        today=policy.today(dt.datetime.now(dt.UTC)),
        rules=[rule for one in compiled for rule in one.rules],
    )
    return try_on_source(
        compiled,
        path=file,
        source=source,
        reader=reader_of(source.layout),
        examiner=BlockExaminer(plan, key=secrets.randbits(KEY_BITS)),
        quality=GreatExpectations(),
    )
