"""The paper of a certificate: its head and foot, tables and seal, on A4 pages.

The signed JSON is attached inside, byte for byte, so that the paper's file can be
verified too.  The font (Noto Sans SC, OFL) comes with a locked package and is
embedded as the characters that are used (ADR 18).
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

import pylopdf_fonts_zh_cn
from fpdf import FPDF
from fpdf.fonts import FontFace

from custody.domain.certificate_form import SignedCertificate, write_certificate
from custody.domain.certificate_words import KINDS
from custody.domain.language import Text
from custody.domain.ledger import key_of
from custody.domain.ledger_check import fingerprint

ATTACHED = "certificate.json"
GREY = (96, 106, 118)
_FONT = "noto"
_MARGIN = 16  # millimetres
_INK, _BAND, _PAPER = (24, 32, 44), (233, 238, 243), (255, 255, 255)
_HEADINGS = FontFace(emphasis="", color=GREY, fill_color=_BAND)
_LINE = 4.2  # millimetres of one line of small text


class Paper(FPDF):
    """One document with its head, foot and manner."""

    def __init__(self, one: SignedCertificate, zone: ZoneInfo) -> None:
        """Begin the first page."""
        super().__init__(format="A4")
        self._one = one
        self._zone = zone
        self.set_margins(_MARGIN, _MARGIN, _MARGIN)
        self.set_auto_page_break(auto=True, margin=_MARGIN + 6)
        self.add_font(_FONT, fname=pylopdf_fonts_zh_cn.sans_path())
        self.set_creation_date(one.certificate.issued_at)
        self.set_title(f"{one.kind} {one.certificate_id}")
        self.set_producer("Custody")
        self.set_lang("zh-CN")
        self.add_page()
        title = KINDS[one.kind]
        self.say(title.zh, size=19)
        self.say(title.en, size=11, colour=GREY)
        self.ln(2)

    def footer(self) -> None:
        """Say on each page which certificate it belongs to."""
        self.set_y(-_MARGIN)
        self.set_font(_FONT, size=7)
        self.set_text_color(*GREY)
        self.cell(0, 4, f"{self._one.certificate_id}    {self.page_no()} / {{nb}}")

    def say(
        self, text: str, *, size: float = 9, colour: tuple[int, int, int] = _INK
    ) -> None:
        """Write one paragraph."""
        self.set_font(_FONT, size=size)
        self.set_text_color(*colour)
        self.multi_cell(0, size * 0.5, text, align="L", new_x="LMARGIN", new_y="NEXT")

    def heading(self, text: Text) -> None:
        """Begin a section; never at the foot of a page."""
        if self.will_page_break(22):
            self.add_page()
        self.ln(3)
        self.say(f"{text.zh}  {text.en}", size=11)
        self.ln(0.8)

    def grid(
        self,
        rows: Iterable[Sequence[str]],
        widths: tuple[int, ...],
        head: Sequence[Text] = (),
    ) -> None:
        """Write a table; its head stands again on each page."""
        self.set_font(_FONT, size=7.6)
        self.set_text_color(*_INK)
        self.set_draw_color(*_BAND)
        self.set_fill_color(*_PAPER)
        with self.table(
            borders_layout="HORIZONTAL_LINES",
            col_widths=widths,
            line_height=_LINE,
            padding=0.9,
            text_align="LEFT",
            headings_style=_HEADINGS,
            first_row_as_headings=bool(head),
        ) as table:
            if head:
                table.row([f"{one.zh}\n{one.en}" for one in head])
            for row in rows:
                table.row(list(row))

    def dates(self, *shown: tuple[Text, str]) -> None:
        """Write what a reader looks for first, large."""
        for label, value in shown:
            self.set_fill_color(*_BAND)
            self.set_font(_FONT, size=8)
            self.set_text_color(*GREY)
            self.multi_cell(
                0,
                6,
                f"  {label.zh}  {label.en}",
                fill=True,
                new_x="LMARGIN",
                new_y="NEXT",
            )
            self.set_font(_FONT, size=13)
            self.set_text_color(*_INK)
            self.multi_cell(
                0, 9, f"  {value}", fill=True, new_x="LMARGIN", new_y="NEXT"
            )
            self.ln(1.2)

    def moment(self, moment: dt.datetime) -> str:
        """Return a moment in the zone and in UTC."""
        here = moment.astimezone(self._zone)
        return (
            f"{here:%Y-%m-%d %H:%M:%S} ({moment.astimezone(dt.UTC):%Y-%m-%d %H:%M:%SZ})"
        )

    def seal(self) -> None:
        """Write who signed and how it is verified; attach the signed file."""
        one = self._one
        self.heading(Text("签名与核验", "Signature and verification"))
        self.grid(
            (
                ("编号 id", one.certificate_id),
                ("签发 issued", self.moment(one.certificate.issued_at)),
                ("公钥指纹 fingerprint", fingerprint(key_of(one.origin))),
                ("签名 signature (Ed25519)", one.signature.hex()),
            ),
            (26, 74),
        )
        self.ln(1)
        how = "custody verify certificate certificate.json --pin"
        self.say(
            f"核验（离线）：取出本文件所附 {ATTACHED}，运行 {how} 指纹；"
            "指纹须从他处获得，不得取自本文件。",
            size=7.6,
        )
        self.say(
            f"To verify offline: take {ATTACHED} out of this file and run {how}"
            " FINGERPRINT, with a fingerprint that did not come with this file.",
            size=7.6,
        )
        self.embed_file(
            bytes=write_certificate(one),
            basename=ATTACHED,
            desc="the signed certificate",
            creation_date=one.certificate.issued_at,
            modification_date=one.certificate.issued_at,
        )
