"""A delivery's manifest: what it holds, how that was counted, and the hash of its list."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from actionhub import links
from actionhub.actions.models import Action, ActionText
from actionhub.config import settings
from actionhub.congress import loading
from actionhub.congress.models import DataSetKind
from actionhub.database import db
from actionhub.deliveries.models import Delivery, DeliveryVolume
from actionhub.deliveries.volumes import addressee_of, stored_bytes
from actionhub.signatures.counts import counts_of

#: A place with fewer signatures is not named: the manifest is public, and might tell who signed.
FEW = 5
OTHERS = "others"
#: What counts, in the manifest's words.
COUNTING_RULE = (
    "One signature a person and email address, confirmed by a link that was mailed to that address"
    " and by a press of its button. Withdrawn, removed and quarantined signatures are not counted."
    " Pending and removed are of the petition as a whole: where somebody lives is found when they"
    " confirm."
)
#: How districts were found, in the manifest's words.
DISTRICT_RULE = (
    "zip: the signer's ZIP area lies in one district by the Census's file; choice: it touches"
    " several or none, and the signer chose; address: by the signer's street address, which is not"
    " kept; state: only the state is known; unknown: neither."
)


def manifest_of(delivery: Delivery) -> dict[str, Any]:
    """What is told of a delivery whose volumes are all there: no name of anybody who signed."""
    digest, size = hashlib.sha256(), 0
    for volume in stored_bytes(delivery.id):
        digest.update(volume)
        size += len(volume)
    addressee, whole = addressee_of(delivery), counts_of(delivery.action_id)
    tally = _added_up(delivery.id)
    texts = _signed(tally["texts"])
    by_version: Counter[str] = Counter()
    for text in texts:
        by_version[str(text.number)] += tally["texts"][str(text.id)]
    districts = loading.loaded().get(DataSetKind.DISTRICTS)
    return {
        "delivery": delivery.public_id,
        "address": links.absolute(f"/deliveries/{delivery.public_id}"),
        "organization": settings().organization,
        "petition": links.absolute(links.action_path(_slug(delivery.action_id))),
        "addressee": {"name": addressee.shown_name, "office": addressee.office},
        "as_of": _moment(delivery.as_of_at),
        "texts": _told(texts),
        "counts": {
            "confirmed": tally["lines"].total(),
            "pending": whole.pending,
            "removed": whole.removed,
            "names_withheld": tally["withheld"].total(),
            "by_version": dict(by_version),
            "by_state": _grouped(tally["states"]),
            "by_district": _grouped(tally["districts"]),
            "districts_found_by": dict(tally["found"]),
        },
        "counting_rule": COUNTING_RULE,
        "district_rule": DISTRICT_RULE,
        "districts_as_of": str(districts.as_of) if districts else None,
        "list": {"format": "text/csv; charset=utf-8", "bytes": size, "sha256": digest.hexdigest()},
    }


def title_of(manifest: dict[str, Any]) -> str:
    """The title of the newest words that stand behind a delivery; empty where nobody signed."""
    texts = manifest["texts"]
    newest = [text["title"] for text in texts if text["version"] == texts[-1]["version"]]
    return str(newest[0]) if newest else ""


def _added_up(delivery_id: int) -> dict[str, Counter[str]]:
    """The volumes' tallies in one: what the list holds, as it was written."""
    tallies = select(DeliveryVolume.tally).where(DeliveryVolume.delivery_id == delivery_id)
    whole: dict[str, Counter[str]] = defaultdict(Counter)
    for tally in db.session.scalars(tallies):
        for name, figures in (tally or {}).items():
            whole[name].update(figures if isinstance(figures, dict) else {"": figures})
    return whole


def _grouped(places: Counter[str]) -> dict[str, int]:
    """Places and their numbers; those of few signatures together, under OTHERS."""
    named = {place: number for place, number in places.items() if number >= FEW}
    few = places.total() - sum(named.values())
    return named | {OTHERS: few} if few else named


def _signed(numbers: Iterable[str]) -> Sequence[ActionText]:
    """The versions of the words that stand behind the signatures, by their ids."""
    return db.session.scalars(
        select(ActionText)
        .where(ActionText.id.in_([int(number) for number in numbers]))
        .order_by(ActionText.number, ActionText.locale)
    ).all()


def _told(texts: Iterable[ActionText]) -> list[dict[str, Any]]:
    return [
        {
            "version": text.number,
            "language": text.locale,
            "title": text.title,
            "ask": text.ask,
            "sha256": hashlib.sha256(
                "\n\n".join((text.title, text.ask, text.body_markdown)).encode()
            ).hexdigest(),
        }
        for text in texts
    ]


def _slug(action_id: int) -> str:
    return db.session.get_one(Action, action_id).slug


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
