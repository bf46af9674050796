"""docs/traceability.md says what the files say."""

from tests.house.trace import LAST, TARGET, cited, table


def test_the_table_is_fresh() -> None:
    """Run `make trace` when this fails."""
    assert TARGET.read_text(encoding="utf-8") == table()


def test_every_requirement_has_its_row() -> None:
    """A gap is shown, never left out."""
    rows = [line for line in table().splitlines() if line.startswith("| R")]

    assert len(rows) == LAST


def test_ranges_are_spelled_out_and_other_words_are_not_requirements() -> None:
    """R7-R9 cites three; R99, RFC and sha256 cite none."""
    text = "(R7-R9, R28) R99 RFC 9180 OR2 R0"

    assert list(cited(text)) == [7, 8, 9, 28]
