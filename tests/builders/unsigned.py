"""A shipped source that may deliver without a signature: for tests of other things."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_SIGNED = "{required: true, keys_from_home: true}"


def unsigned(source: str, folder: Path) -> Path:
    """Write the source's policy without its signature into a folder; return it."""
    shipped = ROOT / "include" / "policy" / "sources" / f"{source}.yaml"
    told = shipped.read_text(encoding="utf-8")
    assert _SIGNED in told
    sources = folder / "sources"
    sources.mkdir(parents=True)
    (sources / shipped.name).write_text(
        told.replace(_SIGNED, "{required: false}"), encoding="utf-8"
    )
    return folder
