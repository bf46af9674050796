"""How a source's file is written: format, encoding, delimiter, header, sheet."""

from custody.adapters.policy.section import Section
from custody.domain.sources import FileFormat, Layout

ENCODINGS = (
    "utf-8",
    "utf-8-sig",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
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
_ROW_ENDS = {"crlf": "", "lf": "", "cr": "\r"}
_LONGEST_MARK = 8  # characters of a delimiter or row end
_MOST_SKIPPED = 1_000  # lines above the header


def read_layout(entry: Section) -> Layout:
    """Return the layout; a key that the format has no use for is refused."""
    with entry as section:
        form = section.member("format", FileFormat)
        if form is FileFormat.CSV:
            return _delimited(section)
        if form is FileFormat.JSONL:
            return Layout(
                format=form, encoding=section.one_of("encoding", _OF_JSONL, "utf-8")
            )
        if form is FileFormat.PARQUET:
            return Layout(format=form)
        return Layout(
            format=form,
            header=section.flag("header", default=True),
            sheet=section.text("sheet") if section.has("sheet") else None,
        )


def _delimited(section: Section) -> Layout:
    quoting = section.one_of("quoting", ("rfc4180", "none"), "rfc4180") == "rfc4180"
    row_end = _row_end(section)
    if quoting and row_end not in {"", "\r"}:
        raise section.error("row_end", "a row end of one's own needs quoting: none")
    delimiter = _delimiter(section)
    if row_end and (delimiter in row_end or row_end in delimiter):
        raise section.error("row_end", "delimiter and row end hold one another")
    return Layout(
        format=FileFormat.CSV,
        encoding=section.one_of("encoding", ENCODINGS, "utf-8"),
        delimiter=delimiter,
        header=section.flag("header", default=True),
        row_end=row_end,
        quoting=quoting,
        skip_lines=section.number("skip_lines", most=_MOST_SKIPPED)
        if section.has("skip_lines")
        else 0,
    )


def _delimiter(section: Section) -> str:
    """Return the separator of cells; a tabulator may be written as the word tab."""
    mark = section.raw("delimiter", ",")
    mark = "\t" if mark == "tab" else mark
    if not mark or len(mark) > _LONGEST_MARK or set(mark) & set('"\r\n\0'):
        raise section.error("delimiter", "1 to 8 characters are expected, or tab")
    return mark


def _row_end(section: Section) -> str:
    """Return the row end; empty for LF or CRLF."""
    if not section.has("row_end"):
        return ""
    mark = section.raw("row_end", "lf")
    if mark in _ROW_ENDS:
        return _ROW_ENDS[mark]
    if not mark.strip() or len(mark) > _LONGEST_MARK or "\0" in mark:
        raise section.error("row_end", "lf, crlf, cr, or 1 to 8 characters of its own")
    return mark
