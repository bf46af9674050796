"""How a source's file is written: format, encoding, delimiter, header, sheet."""

from custody.adapters.policy.section import Section
from custody.domain.sources import FileFormat, Layout

ENCODINGS = (
    "utf-8",
    "utf-8-sig",
    "utf-16",
    "gb18030",
    "gbk",
    "big5",
    "big5hkscs",
    "cp950",
    "cp1252",
    "iso-8859-1",
    "shift_jis",
)
"""Python codecs that decode text and nothing else."""

_OF_JSONL = ("utf-8", "utf-8-sig")  # RFC 8259 section 8.1


def read_layout(entry: Section) -> Layout:
    """Return the layout; a key that the format has no use for is refused."""
    with entry as section:
        form = section.member("format", FileFormat)
        if form is FileFormat.CSV:
            return Layout(
                format=form,
                encoding=section.one_of("encoding", ENCODINGS, "utf-8"),
                delimiter=section.character("delimiter", ","),
                header=section.flag("header", default=True),
            )
        if form is FileFormat.JSONL:
            return Layout(
                format=form, encoding=section.one_of("encoding", _OF_JSONL, "utf-8")
            )
        return Layout(
            format=form,
            header=section.flag("header", default=True),
            sheet=section.text("sheet") if section.has("sheet") else None,
        )
