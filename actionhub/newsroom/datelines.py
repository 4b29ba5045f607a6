"""Dates and kinds as newsrooms write them, and lines that hold nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from actionhub.newsroom.models import ReleaseKind

_MONTH_NAMES = {
    1: "january jan enero ene",
    2: "february feb febrero",
    3: "march mar marzo",
    4: "april apr abril abr",
    5: "may mayo",
    6: "june jun junio",
    7: "july jul julio",
    8: "august aug agosto ago",
    9: "september sept sep septiembre setiembre",
    10: "october oct octubre",
    11: "november nov noviembre",
    12: "december dec diciembre dic",
}
_MONTHS = {name: number for number, names in _MONTH_NAMES.items() for name in names.split()}
_MONTH = "(?P<month>" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\b\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th|º)?"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_WEEKDAY = (
    r"(?:\b(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\b[,.]?\s*"
    r"|\b(?:lunes|martes|miércoles|jueves|viernes|sábado|domingo)\b,?\s*)?"
)
_TIME = r"(?:(?:,|\s+at|\s+-)?\s+\d{1,2}:\d\d(?::\d\d)?(?:\s*[ap]\.?m\.?)?(?:\s*[A-Z]{2,4}\b)?)?"
_ISO_TIME = r"(?:T[\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?"
_FORMS = [
    rf"{_WEEKDAY}\b{_MONTH}\s+{_DAY},?\s+{_YEAR}\b{_TIME}",
    rf"{_WEEKDAY}\b{_DAY}\s*[ -]\s*(?:de\s+)?{_MONTH}(?:\s+del?)?[\s,-]+{_YEAR}\b{_TIME}",
    rf"\b{_YEAR}-(?P<number>\d\d)-(?P<day>\d\d)(?!\d){_ISO_TIME}{_TIME}",
    rf"\b{_YEAR}/(?P<number>\d\d?)/(?P<day>\d\d?)\b{_TIME}",
    rf"\b(?P<day>\d\d?)\.\s?(?P<number>\d\d?)\.\s?{_YEAR}\b{_TIME}",
    rf"\b(?P<first>\d\d?)[/-](?P<second>\d\d?)[/-]{_YEAR}\b{_TIME}",
]
_DATES = [re.compile(form, re.IGNORECASE) for form in _FORMS]

_KIND_NAMES = {
    ReleaseKind.PRESS_RELEASE: [
        *("press release", "press releases", "news release", "media release", "release"),
        *("news", "newsroom", "announcement", "comunicado de prensa", "comunicado", "noticias"),
        *("news & updates", "press", "noticia"),
    ],
    ReleaseKind.STATEMENT: [
        *("statement", "statements", "press statement", "public statement", "media statement"),
        *("declaración", "reaction"),
    ],
    ReleaseKind.REPORT: [
        *("report", "reports", "research", "briefing", "publication", "informe", "fact sheet"),
    ],
}
_KINDS = {name: kind for kind, names in _KIND_NAMES.items() for name in names}
_LABEL = re.compile(
    r"^(?:published|posted|released?|date|dated|issued|publicado|fecha)"
    r"(?:\s+(?:on|el|date))?\s*:?\s*$",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(r"\s*[•·|–—:,]\s*|\s+[-/]\s+|\s*[()\[\]]\s*|^\s*[-/]\s*|\s*[-/]\s*$")
#: Words beside a date, such as a place or a topic, before the line is taken for a sentence.
_MOST_WORDS = 4


@dataclass(frozen=True)
class Dateline:
    """A line that tells a date. `title` is what else it says at length, `aside` in brief."""

    on: date
    kind: ReleaseKind | None
    title: str = ""
    aside: str = ""
    guessed: bool = False  # 04/05/2021: month or day first is not certain
    says_kind: bool = False


def kind_named(text: str) -> ReleaseKind | None:
    """The kind that `text` names and nothing else; None if it names none."""
    return _KINDS.get(" ".join(text.casefold().split()).strip(" :•·|–—-[]()#"))


def read_dateline(line: str, day_first: bool = False) -> Dateline | None:
    """What a line says if it is about a date; None if it is a sentence, or has no date."""
    if len(line) > 400:
        return None
    found = _find(line, day_first)
    if found is None:
        return None
    on, start, end, guessed = found
    before, after = line[:start], line[end:]
    if before.strip() and not _parted(before, at_end=True):
        return None
    if after.strip() and not _parted(after, at_end=False):
        return None
    kind: ReleaseKind | None = None
    others = []
    for part in [*_SEPARATOR.split(before), *_SEPARATOR.split(after)]:
        if not part.strip():
            continue
        if kind_named(part) is not None:
            kind = kind or kind_named(part)
        elif not _LABEL.match(part):
            others.append(part.strip())
    if not others:
        return Dateline(on, kind, guessed=guessed, says_kind=kind is not None)
    rest = (_trimmed(before) + " " + _trimmed(after)).strip()
    if sum(len(other.split()) for other in others) <= _MOST_WORDS:
        aside = " ".join(others)
        return Dateline(on, kind, aside=aside, guessed=guessed, says_kind=kind is not None)
    if rest.endswith((".", ":", ";", ",", "…")):
        return None
    return Dateline(on, kind, title=rest, guessed=guessed)


def tells_day_first(lines: list[str]) -> bool:
    """Whether dates like 13/02/2021 in `lines` show that the day comes first there."""
    numeric = _DATES[-1]
    return any(int(found["first"]) > 12 for line in lines for found in numeric.finditer(line))


def _parted(text: str, *, at_end: bool) -> bool:
    """Whether a separator or a label stands between `text` and the date beside it."""
    if _LABEL.match(text.strip()) or kind_named(text) is not None:
        return True
    edge = text.rstrip()[-1:] if at_end else text.lstrip()[:1]
    return edge in set("•·|–—:-/()[]") or (edge == "," and len(text.split()) <= _MOST_WORDS)


def _trimmed(text: str) -> str:
    return text.strip().strip("•·|–—:-/()[] ,").strip()


def _find(text: str, day_first: bool) -> tuple[date, int, int, bool] | None:
    """The earliest date in `text`, where it stands, and whether its order was guessed."""
    best: tuple[date, int, int, bool] | None = None
    for pattern in _DATES:
        for match in pattern.finditer(text[:2000]):
            on, guessed = _date_of(match.groupdict(), day_first)
            if on is not None and (best is None or match.start() < best[1]):
                best = (on, match.start(), match.end(), guessed)
                break
    return best


def _date_of(parts: dict[str, str], day_first: bool) -> tuple[date | None, bool]:
    guessed = False
    if "month" in parts:
        month, day = _MONTHS[parts["month"].casefold()], int(parts["day"])
    elif "number" in parts:
        month, day = int(parts["number"]), int(parts["day"])
    else:
        first, second = int(parts["first"]), int(parts["second"])
        guessed = first <= 12 and second <= 12 and first != second and not day_first
        day_leads = day_first or first > 12
        day, month = (first, second) if day_leads else (second, first)
    try:
        return date(int(parts["year"]), month, day), guessed
    except ValueError:
        return None, False
