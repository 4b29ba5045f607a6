"""The readable last part of an action's address."""

from __future__ import annotations

import re
import unicodedata

#: Leaves room for a number behind it within the column's 120.
_LONGEST = 80


def readable(text: str) -> str:
    """Lower-case ASCII words joined by hyphens, at most 80 characters; empty if none are left.

    Accents fall away (`Acción` gives `accion`), so the address survives every mail program.
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain.replace("'", ""))
    slug = ""
    for word in words:
        longer = f"{slug}-{word}" if slug else word[:_LONGEST]
        if len(longer) > _LONGEST:
            break
        slug = longer
    return slug
