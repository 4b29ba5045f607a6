"""The fonts that PDFs are printed with: Debian's packages, one script after the other."""

from __future__ import annotations

import logging
from functools import lru_cache
from pathlib import Path

from fpdf import FPDF

# It tells of each table of a font that it makes smaller.
logging.getLogger("fontTools").setLevel(logging.ERROR)

#: Where Debian's font packages put their files.
FONTS = Path("/usr/share/fonts/truetype")
MAIN = "noto/NotoSans-Regular.ttf"
BOLD = "noto/NotoSans-Bold.ttf"
#: A font for each group of scripts that the main one lacks, and a letter that tells it is there.
SCRIPTS: dict[str, tuple[str, ...]] = {
    "Arabic": ("noto/NotoSansArabic-Regular.ttf",),
    "Hebrew": ("noto/NotoSansHebrew-Regular.ttf",),
    "Devanagari": ("noto/NotoSansDevanagari-Regular.ttf",),
    "Bengali": ("noto/NotoSansBengali-Regular.ttf",),
    "Gurmukhi": ("noto/NotoSansGurmukhi-Regular.ttf",),
    "Gujarati": ("noto/NotoSansGujarati-Regular.ttf",),
    "Tamil": ("noto/NotoSansTamil-Regular.ttf",),
    "Telugu": ("noto/NotoSansTelugu-Regular.ttf",),
    "Kannada": ("noto/NotoSansKannada-Regular.ttf",),
    "Malayalam": ("noto/NotoSansMalayalam-Regular.ttf",),
    "Sinhala": ("noto/NotoSansSinhala-Regular.ttf",),
    "Thai": ("noto/NotoSansThai-Regular.ttf",),
    "Lao": ("noto/NotoSansLao-Regular.ttf",),
    "Khmer": ("noto/NotoSansKhmer-Regular.ttf",),
    "Myanmar": ("noto/NotoSansMyanmar-Regular.ttf",),
    "Armenian": ("noto/NotoSansArmenian-Regular.ttf",),
    "Georgian": ("noto/NotoSansGeorgian-Regular.ttf",),
    "Ethiopic": ("noto/NotoSansEthiopic-Regular.ttf",),
    "Chinese and Japanese": ("droid/DroidSansFallbackFull.ttf",),
    "Korean": ("nanum/NanumGothic.ttf",),
}
#: Debian packages that bring them.
PACKAGES = ("fonts-noto-core", "fonts-droid-fallback", "fonts-nanum")


def there() -> bool:
    """Whether the main font is there: without it only Western European letters are printed."""
    return bool(_first((MAIN,)))


def missing_scripts() -> list[str]:
    """The scripts for which this machine has no font."""
    lacking = [name for name, paths in SCRIPTS.items() if not _first(paths)]
    return lacking if _first((MAIN,)) else ["Latin, Greek and Cyrillic", *lacking]


def use(pdf: FPDF) -> str:
    """Give a PDF every font that is there; the name of the main one."""
    pdf.add_font("main", fname=str(_first((MAIN,))))
    pdf.add_font("main", "B", fname=str(_first((BOLD, MAIN))))
    others = []
    for name, paths in SCRIPTS.items():
        if found := _first(paths):
            family = f"for {name}"
            pdf.add_font(family, fname=str(found))
            others.append(family)
    pdf.set_fallback_fonts(others, exact_match=False)
    return "main"


@lru_cache(maxsize=64)
def _first(paths: tuple[str, ...]) -> Path | None:
    """The first of some font files that is there."""
    return next((FONTS / path for path in paths if (FONTS / path).is_file()), None)
