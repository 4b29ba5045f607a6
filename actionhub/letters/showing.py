"""Letters as people see them: before they are written, and what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import func, select

from actionhub import clock
from actionhub.actions import merging
from actionhub.actions.addressees import Addressee
from actionhub.actions.letter_words import LetterWords, letter_of
from actionhub.actions.models import Action, ActionKind, ActionText
from actionhub.actions.showing import ActionView
from actionhub.actions.targets import ANYWHERE, rule_of
from actionhub.database import db
from actionhub.errors import NotFound
from actionhub.letters import hours
from actionhub.letters.channels import BY_NAME, Channel, ways_to
from actionhub.letters.composing import Composed, Writer, compose, placeholder, placeholders
from actionhub.letters.models import ChannelName, Letter, LetterState
from actionhub.letters.standing_in import needs_congress, stand_in
from actionhub.letters.writing import read_back, text_for, texts_of, writer_of
from actionhub.signatures.models import Signature


@dataclass(frozen=True)
class Sketch:
    """A letter before it is anybody's: its fields stand as words in brackets.

    `to_congress`: it goes to its writer's own members. `standing_in`: fictional people stand in
    for them. `unknown`: nobody can be told yet.
    """

    subject: str
    salutation: str
    opening: str
    body: str
    thanks: str
    to_congress: bool
    standing_in: bool
    unknown: bool


@dataclass(frozen=True)
class Shown:
    """A letter, and the ways by which its writer can send it where we do not.

    `next_at`: when its office's hours begin, where it waits for them.
    """

    id: int
    addressee: Addressee
    channel: ChannelName
    state: LetterState
    reason: str | None
    composed: Composed
    ways: tuple[Channel, ...]
    ended_at: datetime | None
    next_at: datetime | None
    stands: bool

    @property
    def is_theirs_to_send(self) -> bool:
        """Whether its writer can do something about it."""
        unsent = self.state is LetterState.WAITING and not BY_NAME[self.channel].ours
        return self.stands and (unsent or self.state is LetterState.FAILED)


@dataclass(frozen=True)
class Tally:
    """An action's letters: by channel and state how many, and how much of them is people's own."""

    by_channel: dict[ChannelName, dict[LetterState, int]]
    letters: int
    with_own_words: int
    own_words: int
    words: int


def sketch(text_id: int) -> Sketch:
    """The letter of a version of an action's words. Raises NotFound."""
    text = db.session.get(ActionText, text_id)
    if text is None:
        raise NotFound(_("These words are not published."))
    return sketch_of(letter_of(text), db.session.get_one(Action, text.action_id))


def sketch_for(view: ActionView) -> Sketch | None:
    """The letter of an action's words, drafts too; None: it is none."""
    return sketch(view.text_id) if view.kind is ActionKind.LETTER else None


def sketch_of(words: LetterWords, action: Action) -> Sketch:
    """The letter of these words, as nobody's yet."""
    known = _Bracketed(placeholders())
    standing_in = stand_in(action)
    return Sketch(
        subject=merging.merge(words.subject, known),
        salutation=str(_("Dear %(name)s,", name=_("[their name]"))),
        opening=merging.merge(words.opening, known),
        body=merging.merge(words.body, known),
        thanks=merging.merge(words.thanks, known),
        to_congress=rule_of(action).kind not in ANYWHERE,
        standing_in=standing_in,
        unknown=needs_congress(action) and not standing_in,
    )


def letters_of(signature_id: int) -> list[Shown]:
    """A signature's letters, in the order in which they were written."""
    signature = db.session.get(Signature, signature_id)
    if signature is None:
        return []
    found = select(Letter).where(Letter.signature_id == signature_id).order_by(Letter.id)
    letters = list(db.session.scalars(found))
    if not letters:
        return []
    writer, texts = writer_of(signature), texts_of(signature)
    return [_shown(letter, writer, texts) for letter in letters]


def find_letter(letter_id: int) -> tuple[Shown, Signature]:
    """One letter and its signature. Raises NotFound."""
    letter = db.session.get(Letter, letter_id)
    if letter is None:
        raise NotFound(_("There is nothing here any more."))
    signature = db.session.get_one(Signature, letter.signature_id)
    return _shown(letter, writer_of(signature), texts_of(signature)), signature


def keep_words(letters: Sequence[Letter]) -> None:
    """Keep the words of letters of one or more signatures as they are now. The caller commits."""
    for signature_id in {letter.signature_id for letter in letters if letter.went is None}:
        signature = db.session.get_one(Signature, signature_id)
        writer, texts = writer_of(signature), texts_of(signature)
        for letter in letters:
            if letter.signature_id == signature_id and letter.went is None:
                letter.went = asdict(_composed(letter, writer, texts))
    db.session.flush()


def tally_of(action_id: int) -> Tally:
    """How an action's letters stand."""
    rows = db.session.execute(
        select(
            Letter.channel,
            Letter.state,
            func.count(),
            func.count().filter(Letter.own_words > 0),
            func.sum(Letter.own_words),
            func.sum(Letter.words),
        )
        .where(Letter.action_id == action_id)
        .group_by(Letter.channel, Letter.state)
    ).all()
    by_channel: dict[ChannelName, dict[LetterState, int]] = {}
    for channel, state, number, *_rest in rows:
        by_channel.setdefault(channel, {})[state] = number
    letters, with_own, own, words = (sum(int(row[n]) for row in rows) for n in range(2, 6))
    in_order = {name: by_channel[name] for name in ChannelName if name in by_channel}
    return Tally(in_order, letters, with_own, own, words)


def _shown(letter: Letter, writer: Writer, texts: dict[str, ActionText]) -> Shown:
    addressee = read_back(letter.addressee)
    composed = _composed(letter, writer, texts)
    now = clock.now()
    opens = hours.opens_next(addressee, now)
    waits = letter.state is LetterState.WAITING and letter.channel is ChannelName.EMAIL
    return Shown(
        id=letter.id,
        addressee=addressee,
        channel=letter.channel,
        state=letter.state,
        reason=letter.reason,
        composed=composed,
        ways=tuple(way for way in ways_to(addressee) if not way.ours),
        ended_at=letter.ended_at,
        next_at=opens if waits and opens > now else None,
        stands=letter.state is not LetterState.CANCELLED,
    )


def _composed(letter: Letter, writer: Writer, texts: dict[str, ActionText]) -> Composed:
    """What a letter says, or said when it went."""
    if letter.went:
        return Composed(**letter.went)
    addressee = read_back(letter.addressee)
    text = text_for(addressee, texts)
    return compose(letter_of(text), addressee, writer, text.locale, thanks=letter.thanks)


class _Bracketed(dict[str, str]):
    """A list's own fields by their names, in brackets."""

    def get(self, key: str, _default: object = None) -> str:
        return self[key] if key in self else placeholder(key)
