"""A delivery on paper: its cover with the figures, and its names, a volume at a time."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from babel.dates import format_date
from babel.numbers import format_decimal
from flask_babel import force_locale, ngettext
from flask_babel import gettext as _
from sqlalchemy import select

from actionhub import paper
from actionhub.actions.models import ActionText
from actionhub.config import LOCALES, REGIONS, settings
from actionhub.congress.states import NAMES
from actionhub.database import db
from actionhub.deliveries.files import Download
from actionhub.deliveries.manifests import OTHERS, title_of
from actionhub.deliveries.models import Delivery, DeliveryVolume
from actionhub.deliveries.volumes import addressee_of, volume_bytes
from actionhub.deliveries.wording import FOUND
from actionhub.errors import NotFound
from actionhub.outbox.markdown import to_text


def volumes_of(delivery: Delivery) -> list[int]:
    """The numbers of a delivery's volumes, while its list is kept."""
    numbers = select(DeliveryVolume.number).where(DeliveryVolume.delivery_id == delivery.id)
    return list(db.session.scalars(numbers.order_by(DeliveryVolume.number)))


def cover_of(delivery: Delivery) -> Download:
    """The cover letter and the figures, as a PDF."""
    locale = addressee_of(delivery).locale or LOCALES[0]
    with force_locale(REGIONS[locale]):
        content = paper.cover(_cover(delivery, locale))
    return Download(f"{delivery.public_id}-cover.pdf", "application/pdf", iter([content]))


def volume_of(delivery: Delivery, number: int) -> Download:
    """One volume of names, as a PDF; memory is bounded by its 5,000 lines. Raises NotFound."""
    numbers = volumes_of(delivery)
    if number not in numbers:
        raise NotFound(_("There is no such volume."))
    locale = addressee_of(delivery).locale or LOCALES[0]
    first, last = db.session.execute(
        select(DeliveryVolume.first_line, DeliveryVolume.last_line).where(
            DeliveryVolume.delivery_id == delivery.id, DeliveryVolume.number == number
        )
    ).one()
    with force_locale(REGIONS[locale]):
        content = paper.volume(
            paper.Volume(
                title=_title(delivery),
                locale=locale,
                heading=_(
                    "Volume %(number)s of %(all)s, lines %(first)s to %(last)s",
                    number=number,
                    all=len(numbers),
                    first=_number(first, locale),
                    last=_number(last, locale),
                ),
                foot=json.loads(delivery.manifest or "{}")["address"],
                lines=_lines(volume_bytes(delivery.id, number), locale),
                made_at=delivery.as_of_at,
            )
        )
    return Download(f"{delivery.public_id}-{number}.pdf", "application/pdf", iter([content]))


def _cover(delivery: Delivery, locale: str) -> paper.Cover:
    manifest, addressee = json.loads(delivery.manifest or "{}"), addressee_of(delivery)
    counts = manifest["counts"]
    day = format_date(delivery.as_of_at.date(), "long", locale=REGIONS[locale])
    text = "\n\n".join(
        (
            _("Dear %(name)s,", name=addressee.shown_name),
            _how_many(counts, day, locale),
            *_words(delivery, manifest, locale),
            _(
                "Anyone can check this delivery without seeing a name, and what was taken back"
                " since: %(address)s",
                address=manifest["address"],
            ),
            _("The SHA-256 of the whole list, as CSV: %(digest)s", digest=_halved(manifest)),
            "\n".join((_("Sincerely,"), settings().organization, settings().postal_address)),
        )
    )
    return paper.Cover(
        title=_title(delivery),
        locale=locale,
        organization=settings().organization,
        recipient=(addressee.shown_name, addressee.office, *addressee.postal_address.split("\n")),
        day=day,
        text=text,
        tables=tuple(_tables(counts, locale)),
        foot=manifest["address"],
        made_at=delivery.as_of_at,
    )


def _how_many(counts: dict[str, Any], day: str, locale: str) -> str:
    number, withheld = counts["confirmed"], counts["names_withheld"]
    told = [
        ngettext(
            "%(number)s person has signed what follows, as of %(day)s, and confirmed it by a link"
            " that was mailed to them.",
            "%(number)s people have signed what follows, as of %(day)s. Each confirmed it by a"
            " link that was mailed to them.",
            number,
            number=_number(number, locale),
            day=day,
        )
    ]
    if withheld:
        told.append(_("Names withheld: %(withheld)s.", withheld=_number(withheld, locale)))
    return " ".join(map(str, told))


def _words(delivery: Delivery, manifest: dict[str, Any], locale: str) -> Iterator[str]:
    """What was signed, whole; where that are several versions, with how many signed each."""
    numbers = manifest["counts"].get("by_version", {})
    texts = select(ActionText).where(ActionText.action_id == delivery.action_id)
    reasons = {(text.number, text.locale): text.body_markdown for text in db.session.scalars(texts)}
    before = None
    for text in manifest["texts"]:
        version = text["version"]
        if len(numbers) > 1 and version != before:
            number = _number(numbers[str(version)], locale)
            yield _(
                "%(number)s of them signed version %(version)s:", number=number, version=version
            )
        before = version
        yield f"“{text['ask']}”"
        yield to_text(reasons.get((version, text["language"]), ""))


def _tables(counts: dict[str, object], locale: str) -> Iterator[paper.Table]:
    whole = {
        _("Confirmed"): counts["confirmed"],
        _("Names withheld"): counts["names_withheld"],
        _("Not confirmed, in all"): counts["pending"],
        _("Withdrawn or removed, in all"): counts["removed"],
    }
    yield _table(_("In all"), whole, locale)
    yield _table(_("By state"), counts["by_state"], locale)
    yield _table(_("By district"), counts["by_district"], locale)
    found: Any = counts["districts_found_by"]
    named = {str(FOUND[how]): number for how, number in found.items()}
    yield _table(_("How districts were found"), named, locale)


def _table(caption: str, figures: object, locale: str) -> paper.Table:
    found: dict[str, int] = figures if isinstance(figures, dict) else {}
    names = NAMES | {OTHERS: _("of fewer than 5, together")}
    ordered = found.items() if caption == _("In all") else sorted(found.items())
    rows = tuple((names.get(name, name), _number(number, locale)) for name, number in ordered)
    return paper.Table(caption, rows)


def _lines(raw: bytes, locale: str) -> Iterator[paper.NameLine]:
    reader = csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline=""))
    for line, name, state, district, code, country, comment, *_rest in reader:
        if not line.isdecimal():  # the head
            continue
        seat = f"{state}-{district}" if district.isdecimal() else state
        place = f"{seat} {code}".strip() if country == "US" else country
        yield paper.NameLine(_number(int(line), locale), _plain(name), place, _plain(comment))


def _plain(cell: str) -> str:
    """A cell without the apostrophe that keeps a spreadsheet from running it."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in "=+-@\t\r" else cell


def _halved(manifest: dict[str, dict[str, str]]) -> str:
    """A digest over two lines: one line of it is wider than the paper."""
    digest = manifest["list"]["sha256"]
    return f"{digest[:32]} {digest[32:]}"


def _title(delivery: Delivery) -> str:
    return title_of(json.loads(delivery.manifest or "{}")) or str(_("Petition"))


def _number(number: int, locale: str) -> str:
    return str(format_decimal(number, locale=REGIONS[locale]))
