"""The fuzzing harnesses on a seeded sample, without atheris (`make fuzz`)."""

import random
from pathlib import Path

import pytest

from tests.fuzz.harnesses import HARNESSES

FOUND = sorted((Path(__file__).parents[1] / "fuzz" / "found").iterdir())
ROUNDS = 120
SPLICES = (b"", b"\0", b'"', b"\n", b"\r", b",", b"\xff\xfe", b"[" * 60, b"\x80" * 9)


def mutated(content: bytes, chance: random.Random) -> bytes:
    """Return bytes with one to four places cut, flipped or spliced."""
    found = bytearray(content)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(found) + 1)
        to = min(at + chance.choice((0, 1, 1, 2, 8)), len(found))
        found[at:to] = chance.choice((*SPLICES, chance.randbytes(2)))
    return bytes(found)


@pytest.mark.parametrize("name", HARNESSES)
def test_hostile_bytes_give_an_answer(name: str) -> None:
    """Rows, faults or a refusal with words; nothing else comes out."""
    harness, chance = HARNESSES[name], random.Random(name)  # noqa: S311 - to be repeated
    assert harness.seeds, "nothing to begin with is nothing tried"

    for seed in harness.seeds:
        harness.feed(seed)
        for _ in range(ROUNDS):
            harness.feed(mutated(seed, chance))


@pytest.mark.parametrize("file", FOUND, ids=lambda file: file.name)
def test_what_fuzzing_once_found_stays_answered(file: Path) -> None:
    """Each file is named after its harness."""
    content = file.read_bytes()

    assert content, "an empty file was never found by fuzzing"
    HARNESSES[file.name.partition("-")[0]].feed(content)
