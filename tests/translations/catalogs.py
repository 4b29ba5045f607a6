"""The strings in the code, the catalog beside them, and finding English where Spanish should be."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_keywords, parse_mapping_cfg
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from selectolax.lexbor import LexborHTMLParser as HTMLParser

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "actionhub" / "translations"
SPANISH = FOLDER / "es" / "LC_MESSAGES" / "messages.po"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")
#: Attributes that people read or hear.
SPOKEN = ("aria-label", "title", "placeholder", "alt", "content")

#: Context ("" for none), message, its plural ("" for none).
Key = tuple[str, str, str]


def in_code() -> set[Key]:
    """Every string for people in the code and templates, as `make translations` gathers them."""
    options = re.findall(r"-k (\S+)", (ROOT / "Makefile").read_text(encoding="utf-8"))
    keywords = DEFAULT_KEYWORDS | parse_keywords(options)
    with (FOLDER / "babel.cfg").open(encoding="utf-8") as file:
        methods, settings = parse_mapping_cfg(file)
    found = extract_from_dir(ROOT, methods, settings, keywords)
    return {key_of(message, context) for _file, _line, message, _notes, context in found}


def key_of(message: str | tuple[str, ...] | list[str], context: str | None) -> Key:
    one, many = (message, "") if isinstance(message, str) else message[:2]
    return context or "", one, many


@cache
def written() -> Catalog:
    """The Spanish catalog as translators edit it."""
    with SPANISH.open("rb") as file:
        return read_po(file, locale="es", abort_invalid=True)


@cache
def compiled() -> Catalog:
    """The Spanish catalog as the app reads it."""
    with SPANISH.with_suffix(".mo").open("rb") as file:
        return read_mo(file)


def forms(text: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    """A message or translation as its forms: one, or one a plural."""
    return (text,) if isinstance(text, str) else tuple(text)


def english_in(page: str) -> list[str]:
    """What a Spanish page says in English, outside elements that say they are English.

    Three words and more of a message are looked for anywhere, fewer as a whole text.
    """
    tree = HTMLParser(page)
    for node in tree.css("[lang^=en], [hreflang=en], script, style"):
        node.decompose()
    texts = [node.text(deep=False) for node in tree.root.traverse(include_text=True)]
    for name in SPOKEN:
        texts += [node.attributes.get(name) or "" for node in tree.css(f"[{name}]")]
    words = [" ".join(text.split()) for text in texts]
    return sorted({found for text in words if text for found in english_in_text(text)})


def english_in_text(text: str) -> list[str]:
    """The English messages in a plain text."""
    whole, part = _patterns()
    found = [match[0] for match in part.finditer(text)]
    return found + ([text] if whole.fullmatch(text) else [])


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """(messages that may be a whole text, messages long enough to look for within one)."""
    whole: set[str] = set()
    for message in written():
        whole |= set(forms(message.id)) - set(forms(message.string))
    part = {one for one in whole if _length(one) >= 3}
    # `No %(scope)s` alone fits any Spanish sentence that begins so.
    whole = {one for one in whole if len(PLACEHOLDER.sub("", one)) > 4 or "%" not in one}
    return _any_of(whole, r"{}"), _any_of(part, r"(?<!\w){}(?!\w)")


def _length(message: str) -> int:
    """How many words a message has, its placeholders aside."""
    return len(re.findall("[A-Za-z]{2,}", PLACEHOLDER.sub(" ", message)))


def _any_of(messages: set[str], around: str) -> re.Pattern[str]:
    longest_first = sorted(messages, key=len, reverse=True)
    parts = (".+?".join(map(re.escape, PLACEHOLDER.split(one))) for one in longest_first)
    return re.compile(around.format("(?:" + "|".join(parts) + ")"))
