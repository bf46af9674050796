"""Feed one harness under atheris: `python -m tests.fuzz.run NAME [libFuzzer options]`.

`make fuzz MINUTES=10` runs all of them; the corpus grows in `.fuzz/`, which is
not kept in git.  A crash leaves its bytes there and ends with another status.
"""

import sys
from pathlib import Path

CORPUS = Path(".fuzz")


def main(name: str, *options: str) -> None:
    """Feed a harness until libFuzzer's options say enough."""
    import atheris  # type: ignore[import-untyped, unused-ignore, import-not-found] # noqa: PLC0415 - installed by `make fuzz` alone

    with atheris.instrument_imports(include=["custody"]):
        from tests.fuzz.harnesses import HARNESSES  # noqa: PLC0415 - as above

    harness = HARNESSES[name]
    corpus = CORPUS / name
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(harness.seeds):
        (corpus / f"seed{number}").write_bytes(seed)
    found = f"-artifact_prefix={CORPUS}/{name}-"
    atheris.Setup([name, found, *options, str(corpus)], harness.feed)
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
