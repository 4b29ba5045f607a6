"""The countries that a signer may live in, named in each language, the United States first."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from babel import Locale

HOME = "US"

#: Codes of the Unicode CLDR that are no country or territory of ISO 3166-1.
_OTHERS = frozenset(
    ["AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"]
)


@lru_cache(maxsize=8)
def countries(locale: str) -> tuple[tuple[str, str], ...]:
    """(code, name) of each, by name, the United States before all."""
    names = Locale.parse(locale).territories
    found = [(code, name) for code, name in names.items() if is_country(code)]
    found.sort(key=lambda pair: (pair[0] != HOME, _sorted_by(pair[1])))
    return tuple(found)


@lru_cache(maxsize=1)
def codes() -> frozenset[str]:
    """Every code that may be posted."""
    return frozenset(code for code in map(str, Locale.parse("en").territories) if is_country(code))


def is_country(code: str) -> bool:
    return len(code) == 2 and code.isalpha() and code not in _OTHERS


def _sorted_by(name: str) -> str:
    """Without its accents: Éire beside Ecuador."""
    plain = unicodedata.normalize("NFD", name.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))
