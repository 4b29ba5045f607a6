"""Paper in every script: nothing is lost, whatever is printed, and the same input is the same."""

from __future__ import annotations

from datetime import UTC, datetime

import pypdfium2 as pdfium
import pytest

from actionhub import fonts, paper

MADE = datetime(2026, 7, 1, tzinfo=UTC)
NAMES = [
    "أحمد محمد",
    "प्रियंका शर्मा",
    "王小明",
    "김민준",
    "Nguyễn Thị Ánh",
    "Ольга",
    "שרה",
    "สมชาย",
    "Łukasz",
]


def text_of(pdf: bytes) -> list[str]:
    """The text of each page."""
    document = pdfium.PdfDocument(pdf)
    return [page.get_textpage().get_text_bounded() for page in document]


def a_volume(lines: list[paper.NameLine]) -> bytes:
    return paper.volume(
        paper.Volume("Pass it", "en", "Volume 1 of 1", "https://a.example/d/1", lines, MADE)
    )


def line(number: int, name: str, comment: str = "") -> paper.NameLine:
    return paper.NameLine(str(number), name, "OH-9 44102", comment)


def test_every_name_stands_in_the_volume_whatever_its_script() -> None:
    assert fonts.missing_scripts() == []
    pages = "\n".join(text_of(a_volume([line(n, name) for n, name in enumerate(NAMES, 1)])))
    for name in ["王小明", "김민준", "Nguyễn Thị Ánh", "Ольга", "Łukasz"]:
        assert name in pages
    for number in range(1, len(NAMES) + 1):
        assert f"{number} " in pages or f"{number}\r\n" in pages


def test_a_script_that_joins_is_drawn_joined() -> None:
    joined, apart = (a_volume([line(1, name)]) for name in ("محمد", "م\u200cح\u200cم\u200cد"))
    images = [pdfium.PdfDocument(pdf)[0].render().to_pil() for pdf in (joined, apart)]
    assert images[0].tobytes() != images[1].tobytes()


def test_a_long_list_breaks_into_numbered_pages_and_loses_no_line() -> None:
    pages = text_of(a_volume([line(n, f"Signer {n}", "Why not?") for n in range(1, 301)]))
    assert len(pages) > 5
    for number, page in enumerate(pages, 1):
        assert f"https://a.example/d/1 · {number}" in page
    found = [word for page in pages for word in page.split() if word.isdecimal()]
    assert {str(n) for n in range(1, 301)} <= set(found)


@pytest.mark.parametrize(
    "name",
    [
        "Z" + "\u0310" * 10_000,
        "x" * 1_000,
        "\x00\x1b[31mRed\u202e",
        "\ud800",
        "👩‍👩‍👧 𝔄𝔫𝔞",
        "",
    ],
)
def test_no_name_breaks_the_paper(name: str) -> None:
    pages = text_of(a_volume([line(1, name), line(2, "Next")]))
    assert "Next" in "\n".join(pages)


#: Each broke fpdf2's recursion, or took it up to a minute and a half.
EVIL = {
    "an accent and points": "e\u0301 " + "!" * 4_900,
    "arabic and points": "سلام" + "!" * 4_900,
    "hebrew and spaces": "ש" + " " * 4_900 + "ש",
    "families": "👨\u200d👩\u200d👧" * 900,
    "marks of direction": "س" + "\u200f\u061c" * 2_400,
    "hebrew points": "ש" + "\u05b7" * 4_900,
    "arabic vowels": "س" + "\u064b" * 4_900,
    "joiners": "س" + "\u200d\u200c" * 2_400,
    "one word": "س" * 4_900,
    "lines": "a\n" * 2_450,
}


def test_no_comment_breaks_the_paper_or_holds_it_up() -> None:
    """Nor a name; and a long comment is there whole."""
    evil = [*EVIL.values(), *(text[:900] for text in EVIL.values())]
    words = " ".join(f"كلمة{number}" for number in range(300))
    many = "\n".join(f"Line {number}" for number in range(300))
    lines = [line(n, "{nb}", text) for n, text in enumerate([*evil, words, many], 1)]
    told = " ".join(" ".join(text_of(a_volume([*lines, line(99, evil[-1], "Next")]))).split())
    assert told.count("{nb}") == len(lines)
    assert "Next" in told
    for number in range(300):
        assert told.count(f"Line {number}") >= 1
        assert told.count(str(number)) >= 2


def test_a_letter_flows_over_pages() -> None:
    letter = paper.PrintedLetter(
        title="Please",
        locale="en",
        sender=("Ana Ruiz", "Dayton, OH 45402"),
        day="July 1, 2026",
        recipient=("Senator Cy Cedar", "1 Hart Senate Office Building"),
        text="Dear Senator,\n\n"
        + "\n\n".join(f"Paragraph {n}. " + "word " * 80 for n in range(20)),
        made_at=MADE,
    )
    pages = text_of(paper.letter(letter))
    assert len(pages) > 1
    assert "Senator Cy Cedar" in pages[0]
    assert "Paragraph 19." in pages[-1]
    assert paper.letter(letter) == paper.letter(letter)


def test_a_cover_tells_its_figures() -> None:
    cover = paper.Cover(
        title="Pass it",
        locale="en",
        organization="Neighbors",
        recipient=("Senator Cy Cedar",),
        day="July 1, 2026",
        text="Dear Senator,\n\nHere they are.",
        tables=(paper.Table("By state", (("Ohio", "1,204"), ("Texas", "7"))),),
        foot="https://a.example/d/1",
        made_at=MADE,
    )
    (page,) = text_of(paper.cover(cover))
    assert "By state" in page
    assert "1,204" in page


def test_without_fonts_what_can_be_printed_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "_first", lambda _paths: None)
    assert len(fonts.missing_scripts()) == len(fonts.SCRIPTS) + 1
    pages = "\n".join(text_of(a_volume([line(1, "王小明"), line(2, "Ana Ruiz")])))
    assert "???" in pages
    assert "Ana Ruiz" in pages
