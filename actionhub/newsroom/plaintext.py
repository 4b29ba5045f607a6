"""Reading a newsroom page that was saved as plain text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from itertools import pairwise

from actionhub.newsroom.datelines import Dateline, kind_named, read_dateline, tells_day_first
from actionhub.newsroom.items import (
    MAX_ITEMS,
    Collected,
    Item,
    Reading,
    UnreadableSource,
    make_item,
)
from actionhub.newsroom.models import ReleaseKind
from actionhub.newsroom.sanitising import one_line, paragraphs, without_controls

_CAPTION = re.compile(
    r"^\W?(?:photo|image|caption|credit|foto|imagen|picture|pictured|video)s?\b.{0,20}?[:©]"
    r"|^©|^\(?(?:photo|image|foto)s? (?:by|credit|courtesy)\b|©\s?\S.{0,60}$"
    r"|\(AP Photo|(?:Getty Images|AFP|Reuters)\)?\.?$",
    re.IGNORECASE,
)
_FURNITURE = re.compile(
    r"^(?:read (?:more|the full .*)|learn more|continue reading|more|share(?: this.*)?|tweet"
    r"|facebook|twitter|email|print|download(?: pdf)?|load more|next|previous|older posts"
    r"|newer posts|back to top|subscribe|donate|take action|leer más|ver más|siguiente|anterior"
    r"|page \d+(?: of \d+)?|[\d\s.…<>«»‹›|-]+|all rights reserved.*|privacy policy.*"
    r"|terms (?:of|and|&) .*|(?:updated|modified|actualizado)\b.*\d{4}.*)\W*$",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.…:!?;”\"’')\]]$|\.\.\.$")
_LONG = 140
#: Captions and buttons are no longer than this, and the patterns for them see nothing longer.
_SHORT = 300


class Layout(Enum):
    """Where a page puts its dates."""

    DATE_FIRST = "date, title, text"
    DATE_SECOND = "title, date, text"
    DATE_LAST = "title, text, date"


@dataclass(frozen=True)
class _Line:
    text: str
    gap: int  # empty lines before it


@dataclass
class _Draft:
    """One release being put together from lines."""

    dateline: Dateline
    title: str = ""
    kind: ReleaseKind | None = None
    text: list[_Line] = field(default_factory=list)


def read_text(
    text: str, source: str, *, locale: str = "en", addresses: Mapping[str, str] | None = None
) -> Reading:
    """The releases of a page saved as text, in the page's order.

    Every line ends in a release, in the introduction (what precedes the first release) or in
    `not_understood`. `addresses` gives the link of a title where one is known.
    Raises UnreadableSource when no date stands on a line of its own.
    """
    lines = _lines(text)
    dates = _datelines([line.text for line in lines])
    if not dates:
        raise UnreadableSource(
            source, "has no dates: no line tells when a release came out, so none was read"
        )
    if len(dates) > MAX_ITEMS:
        raise UnreadableSource(source, f"has more than {MAX_ITEMS} dates; that is no newsroom page")
    collected = Collected()
    drafts = _assemble(lines, dates, collected)
    for draft in drafts:
        _finish(draft, collected, locale, addresses or {})
    if not collected.items:
        raise UnreadableSource(source, "has dates but no titles beside them: nothing was read")
    return collected.finished()


def _lines(text: str) -> list[_Line]:
    lines, gap = [], 0
    for raw in without_controls(text).split("\n"):
        if words := one_line(raw):
            lines.append(_Line(words, gap))
            gap = 0
        else:
            gap += 1
    return lines


def _datelines(lines: list[str]) -> dict[int, Dateline]:
    """The lines that are a date, by number; those that hold a title too only if no others are."""
    day_first = tells_day_first(lines)
    found: dict[int, Dateline] = {}
    for number, line in enumerate(lines):
        dateline = read_dateline(line, day_first)
        if dateline is not None and not _aside(line):
            found[number] = dateline
        if len(found) > MAX_ITEMS:
            break  # refused by the caller
    alone = {number: dateline for number, dateline in found.items() if not dateline.title}
    return found if len(found) > MAX_ITEMS else alone or found


def _assemble(lines: list[_Line], dates: dict[int, Dateline], collected: Collected) -> list[_Draft]:
    numbers = sorted(dates)
    bounds = [-1, *numbers, len(lines)]
    parts = [lines[start + 1 : end] for start, end in pairwise(bounds)]
    kinds = _take_kinds(parts)
    drafts = [_Draft(dates[number], kind=dates[number].kind) for number in numbers]
    if any(draft.dateline.title for draft in drafts):
        collected.introduction += [line.text for line in parts[0]]
        for draft, part in zip(drafts, parts[1:], strict=True):
            draft.title, draft.text = draft.dateline.title, part
    else:
        layout = _layout_of(parts)
        {
            Layout.DATE_FIRST: _date_first,
            Layout.DATE_SECOND: _date_second,
            Layout.DATE_LAST: _date_last,
        }[layout](drafts, parts, collected)
    _give_kinds(drafts, kinds)
    _drop_footer(drafts[-1], collected)
    return drafts


def _date_first(drafts: list[_Draft], parts: list[list[_Line]], collected: Collected) -> None:
    collected.introduction += [line.text for line in parts[0]]
    for draft, part in zip(drafts, parts[1:], strict=True):
        draft.title, draft.text = _title_then_text(part, collected)


def _date_second(drafts: list[_Draft], parts: list[list[_Line]], collected: Collected) -> None:
    for number, draft in enumerate(drafts):
        before = parts[number]
        if before:
            draft.title = before.pop().text
        if number == 0:
            collected.introduction += [line.text for line in before]
        else:
            drafts[number - 1].text = before
    drafts[-1].text = parts[-1]


def _date_last(drafts: list[_Draft], parts: list[list[_Line]], collected: Collected) -> None:
    first = parts[0]
    begins = max(0, len(first) - 1)
    while begins > 0 and (begins == len(first) - 1 or not _like_title(first[begins].text)):
        begins -= 1
    collected.introduction += [line.text for line in first[:begins]]
    for draft, part in zip(drafts, [first[begins:], *parts[1:-1]], strict=True):
        draft.title, draft.text = _title_then_text(part, collected)
    collected.not_understood += [line.text for line in parts[-1]]


def _title_then_text(part: list[_Line], collected: Collected) -> tuple[str, list[_Line]]:
    """The first line that can be a title, and what follows; captions above it are set aside."""
    for number, line in enumerate(part):
        if not _aside(line.text):
            collected.not_understood += [above.text for above in part[:number]]
            return line.text, part[number + 1 :]
    collected.not_understood += [line.text for line in part]
    return "", []


def _layout_of(parts: list[list[_Line]]) -> Layout:
    """The layout that most segments between dates speak for; ties go to the date in front."""
    between = [[line.text for line in part if not _aside(line.text)] for part in parts]
    inner = [part for part in between[1:-1] if part]
    second = [bool(part) and _like_title(part[-1]) for part in between[:-1]]
    opens_with_text = [not _like_title(part[0]) for part in between[1:] if len(part) > 1]
    opens_with_title = [_like_title(part[0]) for part in between[1:] if part]
    closes_with_text = [not _like_title(part[-1]) for part in inner if len(part) > 1]
    score_first = _share(opens_with_title) + _share(closes_with_text)
    score_second = _share(second) + _share(opens_with_text)
    if score_second > score_first:
        return Layout.DATE_SECOND
    if _ends_with_date(between, parts):
        return Layout.DATE_LAST
    return Layout.DATE_SECOND if between[0] and not parts[-1] else Layout.DATE_FIRST


def _ends_with_date(between: list[list[str]], parts: list[list[_Line]]) -> bool:
    """Whether a title and a text stand before the first date, and none after the last."""
    head, tail = between[0], between[-1]
    has_head = len(head) >= 2 and not _like_title(head[-1]) and any(map(_like_title, head[:-1]))
    if not has_head:
        return False
    if not any(len(line) > _LONG or _SENTENCE_END.search(line) for line in tail):
        return True
    # Both ends could hold a release: the date keeps closer to its own.
    gaps = [part[0].gap for part in parts[1:-1] if part]
    own = [part[-1].gap for part in parts[1:-1] if len(part) > 1]
    return bool(gaps and own) and min(gaps) > max(own)


def _share(signs: list[bool]) -> float:
    return sum(signs) / len(signs) if signs else 0.0


def _like_title(line: str) -> bool:
    if len(line) > 220 or line.endswith(("…", "...", ":", ";", ",")):
        return False
    return not (line.endswith(".") and len(line.split()) > 3) and len(line) <= 200


def _aside(line: str) -> bool:
    return len(line) <= _SHORT and bool(_CAPTION.search(line) or _FURNITURE.match(line))


def _take_kinds(parts: list[list[_Line]]) -> dict[int, tuple[ReleaseKind, bool]]:
    """Take the lines that only name a kind out of `parts`; by part, and whether it led there."""
    found: dict[int, tuple[ReleaseKind, bool]] = {}
    # Above the first date, "News" heads the page, unless other dates have kinds above them too.
    leads = [bool(part) and kind_named(part[-1].text) is not None for part in parts[1:-1]]
    for number, part in enumerate(parts):
        if number == 0 and leads and not any(leads):
            continue
        for place, line in reversed(list(enumerate(part))):
            at_edge = place == len(part) - 1 or (number > 0 and place <= 1)
            kind = kind_named(line.text) if at_edge else None
            if kind is not None and number not in found:
                found[number] = (kind, place <= 1)
                del part[place]
    return found


def _give_kinds(drafts: list[_Draft], kinds: dict[int, tuple[ReleaseKind, bool]]) -> None:
    """A kind at the head of a part belongs to the date before it, else to the one after."""
    for number, (kind, leads) in kinds.items():
        owner = number - 1 if leads and number > 0 else number
        if 0 <= owner < len(drafts) and drafts[owner].kind is None:
            drafts[owner].kind = kind


def _drop_footer(last: _Draft, collected: Collected) -> None:
    """Short lines under the last text of all are the page's own, not the release's."""
    while len(last.text) > 1 and _like_title(last.text[-1].text):
        collected.not_understood.append(last.text.pop().text)


def _finish(draft: _Draft, collected: Collected, locale: str, addresses: Mapping[str, str]) -> None:
    asides = [line.text for line in draft.text if _aside(line.text)]
    lines = [line for line in draft.text if not _aside(line.text)]
    collected.not_understood += asides
    if not draft.title:
        collected.not_understood.append(f"{draft.dateline.on.isoformat()}: a date with no title")
        collected.not_understood += [line.text for line in lines]
        return
    collected.not_understood += _doubts(draft)
    text = "\n".join("\n" * (1 if line.gap else 0) + line.text for line in lines)
    item = make_item(
        title=draft.title,
        released_on=draft.dateline.on,
        kind=draft.kind,
        body_html=paragraphs(text),
        summary=lines[0].text if lines else "",
        address=addresses.get(draft.title),
        locale=locale,
    )
    _add(item, collected, lines)


def _add(item: Item, collected: Collected, lines: list[_Line]) -> None:
    """Add an item; one that is there already keeps its place, and says that it came twice."""
    if any(other.identity == item.identity for other in collected.items):
        collected.not_understood.append(f"{item.title}: stands there twice; the first was read")
        collected.not_understood += [line.text for line in lines]
    else:
        collected.items.append(item)


def _doubts(draft: _Draft) -> list[str]:
    on, doubts = draft.dateline.on.isoformat(), []
    if draft.dateline.aside:
        doubts.append(f"{draft.title}: “{draft.dateline.aside}” beside the date")
    if draft.dateline.guessed:
        doubts.append(f"{draft.title}: the date could also have its day first; read as {on}")
    if len(draft.title) > 498:
        doubts.append(f"the title was cut: {draft.title}")
    return doubts
