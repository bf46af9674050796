"""The project's own policy files, copied and changed for one test."""

import shutil
from pathlib import Path

POLICY = Path(__file__).resolve().parents[2] / "include" / "policy"
POLICIES = Path(__file__).resolve().parents[1] / "policies"


def changed_policy(
    folder: Path, file: str, old: str, new: str, *, every: bool = False
) -> Path:
    """Return a copy of the policy in which a text of one file reads otherwise.

    The first occurrence is changed, or every one.
    """
    copy = folder / "policy"
    shutil.copytree(POLICY, copy)
    text = (copy / file).read_text(encoding="utf-8")
    assert old in text, f"{file} no longer says so"
    (copy / file).write_text(
        text.replace(old, new, -1 if every else 1), encoding="utf-8"
    )
    return copy


def overlay(folder: Path, **documents: str) -> Path:
    """Return a policy directory of a few files; `sources__x` is `sources/x.yaml`."""
    extra = folder / "extra"
    for name, text in documents.items():
        path = extra / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return extra
