"""PDFs: letters, covers and volumes of names, in every script that a font of this machine has.

Written with fpdf2, shaped with HarfBuzz where a script needs it. The same input makes the same
bytes. A letter that no font has is printed as a box or a question mark, and loses nobody a line.
"""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from fpdf import FPDF
from fpdf.enums import Align, XPos, YPos

from actionhub import fonts

_CORE = "helvetica"
#: Scripts whose letters join, stack or run from right to left: they are shaped.
_NEEDS_SHAPING = re.compile("[\u0300-\u036f\u0590-\u109f\u1200-\u137f\u1780-\u17ff\u200d]")
_FROM_RIGHT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")
#: Characters without a shape of their own that steer nothing here; those that join letters stay.
_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\ud800-\udfff\ufe00-\ufe0f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_JOINERS = re.compile("([\u200c\u200d])[\u200c\u200d]+")
#: More marks than this on one letter are left out: no reader needs them, and shaping them is slow.
_MARKS = 8
#: What is shaped at once, in characters: fpdf2 recurses, and takes ever longer for longer texts.
_PIECE = 300
#: Lines of a comment that stand apart; what follows stands in one.
_LINES = 40
#: Points.
_MARGIN, _LEADING, _SIZE = 60, 14.5, 10.5


@dataclass(frozen=True)
class PrintedLetter:
    """A letter to be posted: lines of its sender and recipient, and its text in paragraphs."""

    title: str
    locale: str
    sender: tuple[str, ...]
    day: str
    recipient: tuple[str, ...]
    text: str
    made_at: datetime


@dataclass(frozen=True)
class Table:
    """Figures: a caption, and rows of a label and a number as it is to be read."""

    caption: str
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Cover:
    """The cover of a delivery: whom it is for, what it says, its figures, where to check it."""

    title: str
    locale: str
    organization: str
    recipient: tuple[str, ...]
    day: str
    text: str
    tables: tuple[Table, ...]
    foot: str
    made_at: datetime


@dataclass(frozen=True)
class NameLine:
    """One signature in a volume."""

    number: str
    name: str
    place: str
    comment: str


@dataclass(frozen=True)
class Volume:
    """A part of a list of names. `foot` stands on every page, before its number."""

    title: str
    locale: str
    heading: str
    foot: str
    lines: Iterable[NameLine]
    made_at: datetime


def letter(given: PrintedLetter) -> bytes:
    """A letter as a PDF, US Letter, with page numbers from the second page on."""
    page = _Page(given.title, given.locale, given.made_at, "", first_page_numbered=False)
    page.block(given.sender)
    page.block((given.day,))
    page.block(given.recipient)
    page.paragraphs(given.text)
    return page.bytes()


def cover(given: Cover) -> bytes:
    """The cover of a delivery as a PDF: the letter first, then its figures."""
    page = _Page(given.title, given.locale, given.made_at, given.foot)
    page.block((given.organization,))
    page.block((given.day,))
    page.block(given.recipient)
    page.heading(given.title)
    page.paragraphs(given.text)
    for table in given.tables:
        page.table(table)
    return page.bytes()


def volume(given: Volume) -> bytes:
    """A volume of names as a PDF; memory is bounded by its lines."""
    page = _Page(given.title, given.locale, given.made_at, given.foot)
    page.heading(given.title)
    page.block((given.heading,))
    for line in given.lines:
        page.name(line)
    return page.bytes()


class _Pdf(FPDF):
    """Our foot on each page; and no file identifier, which would be random."""

    foot = ""
    numbered_from = 1

    def footer(self) -> None:
        if self.page_no() < self.numbered_from:
            return
        self.set_y(-40)
        size = self.font_size_pt
        self.set_font(size=8)
        self.cell(0, 10, " · ".join(filter(None, (self.foot, str(self.page_no())))), align="C")
        self.set_font(size=size)

    def file_id(self) -> Any:
        return -1


class _Page:
    def __init__(
        self,
        title: str,
        locale: str,
        made_at: datetime,
        foot: str,
        first_page_numbered: bool = True,
    ) -> None:
        pdf = _Pdf(format="letter", unit="pt")
        pdf.set_margins(_MARGIN, _MARGIN)
        pdf.set_auto_page_break(True, _MARGIN)
        pdf.set_creation_date(made_at)
        pdf.set_title(_clean(title))
        pdf.set_lang(locale)
        pdf.alias_nb_pages("")  # a name may be "{nb}", and stays that
        self._pdf, self._unicode = pdf, fonts.there()
        pdf.foot, pdf.numbered_from = self._fit(foot), 1 if first_page_numbered else 2
        self._font = fonts.use(pdf) if self._unicode else _CORE
        pdf.set_font(self._font, size=_SIZE)
        pdf.add_page()

    def heading(self, text: str) -> None:
        self._pdf.set_font(self._font, "B", 16)
        self._write(text, 20)
        self._pdf.set_font(self._font, "", _SIZE)
        self._pdf.ln(6)

    def block(self, lines: Iterable[str]) -> None:
        """Lines that stand together, and a gap after them."""
        written = [line for line in lines if line]
        for line in written:
            self._write(line)
        if written:
            self._pdf.ln(_LEADING)

    def paragraphs(self, text: str) -> None:
        for paragraph in re.split(r"\n\s*\n", text.strip()):
            self.block(paragraph.split("\n"))

    def table(self, table: Table) -> None:
        self._pdf.set_font(self._font, "B", _SIZE)
        self._write(table.caption)
        self._pdf.set_font(self._font, "", _SIZE)
        for label, number in table.rows:
            self._cell(300, label)
            self._cell(100, number, align="R", ends=True)
        self._pdf.ln(_LEADING)

    def name(self, line: NameLine) -> None:
        """One signature: its line, and beneath it what its signer said."""
        pdf = self._pdf
        if pdf.will_page_break(2 * _LEADING):
            pdf.add_page()
        self._cell(52, line.number, align="R")
        self._cell(10, "")
        width = pdf.epw - 62 - 120
        if pdf.get_string_width(self._fit(line.name)) < width - 4:
            self._cell(width, line.name)
        else:  # a very long name takes lines of its own
            self._cell(width, "")
            self._cell(120, line.place, ends=True)
            self._indented(line.name)
            return self._indented(line.comment, 8.5)
        self._cell(120, line.place, ends=True)
        return self._indented(line.comment, 8.5)

    def bytes(self) -> bytes:
        return bytes(self._pdf.output())

    def _indented(self, text: str, size: float = _SIZE) -> None:
        if not text:
            return
        pdf = self._pdf
        pdf.set_font(self._font, "", size)
        pdf.set_left_margin(_MARGIN + 62)
        for line in _lines(text):
            self._write(line, size * 1.35)
        pdf.set_left_margin(_MARGIN)
        pdf.set_font(self._font, "", _SIZE)
        pdf.set_x(_MARGIN)
        pdf.ln(3)

    def _write(self, text: str, leading: float = _LEADING) -> None:
        """Text over the width that there is, wrapped; from the right where its script runs so."""
        fitted = self._fit(text)
        align = Align.R if _FROM_RIGHT.search(fitted) else Align.L
        ends: dict[str, Any] = {"new_x": XPos.LMARGIN, "new_y": YPos.NEXT}
        for piece in _pieces(fitted):
            self._shape(piece)
            self._pdf.multi_cell(0, leading, piece, align=align, **ends)

    def _cell(self, width: float, text: str, align: str = "L", ends: bool = False) -> None:
        fitted = self._fit(" ".join(text.split()))
        self._shape(fitted)
        x, y = (XPos.LMARGIN, YPos.NEXT) if ends else (XPos.RIGHT, YPos.TOP)
        self._pdf.cell(width, _LEADING, fitted, align=align, new_x=x, new_y=y)

    def _shape(self, text: str) -> None:
        """Shape only what needs it: it takes ten times as long."""
        self._pdf.set_text_shaping(self._unicode and bool(_NEEDS_SHAPING.search(text)))

    def _fit(self, text: str) -> str:
        cleaned = _clean(text)
        return cleaned if self._unicode else cleaned.encode("latin-1", "replace").decode("latin-1")


def _clean(text: str) -> str:
    cleaned = _CONTROL.sub("", text.replace("\t", " "))
    if cleaned.isascii():
        return cleaned
    return _many_marks().sub(r"\1", _JOINERS.sub(r"\1", cleaned))


@cache
def _many_marks() -> re.Pattern[str]:
    """Finds what stands beyond _MARKS on one letter, in any script."""
    marks = (
        re.escape(letter)
        for letter in map(chr, range(0x300, 0x1E950))
        if unicodedata.category(letter) in {"Mn", "Me"}
    )
    one = f"[{''.join(marks)}\U000e0100-\U000e01ef]"
    return re.compile(f"({one}{{{_MARKS}}}){one}+")


def _pieces(text: str) -> Sequence[str]:
    """A text as it is written: whole, or what needs shaping and is long in pieces."""
    if len(text) <= _PIECE or not _NEEDS_SHAPING.search(text):
        return (text,)
    return textwrap.wrap(text, _PIECE, break_on_hyphens=False) or (text,)


def _lines(text: str) -> list[str]:
    """The lines of a comment that are not empty; beyond _LINES, all others in one."""
    lines = [line for line in text.split("\n") if line.strip()]
    if len(lines) > _LINES:
        lines[_LINES - 1 :] = [" / ".join(lines[_LINES - 1 :])]
    return lines
