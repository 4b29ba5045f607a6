"""Every page there is, by a name: where it stands, and what is pressed to get there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Browser, BrowserContext, Page, Response
from sqlalchemy import select

from actionhub import clock, tokens
from actionhub.actions.models import Action, ActionRelease, ActionState
from actionhub.actions.outcome_models import Outcome
from actionhub.actions.tying import tied_to
from actionhub.deliveries import making, readers
from actionhub.deliveries.models import Delivery, DeliveryWish
from actionhub.deliveries.volumes import addressee_of
from actionhub.extensions import db
from actionhub.followups.models import FollowUp, FollowUpState
from actionhub.letters.models import Letter
from actionhub.newsroom.models import PressRelease
from actionhub.organize import logins
from actionhub.organizers.models import Organizer, Role
from actionhub.signatures.models import Signature
from actionhub.tokens import Purpose
from tests.browser.life import CLOSED, LETTER, OPEN, RULED, write_letter
from tests.browser.town import Town
from tests.public_links import people

#: A path, or how to find one; a person's links are made new for each visit.
Path = str | Callable[[Town], str]


@dataclass(frozen=True)
class Place:
    """One page. `press` is the button (CSS) whose answer it is; `inside` needs a login."""

    name: str
    path: Path
    press: str = ""
    status: int = 200
    inside: bool = False

    def path_in(self, town: Town) -> str:
        return self.path if isinstance(self.path, str) else self.path(town)


def visit(page: Page, town: Town, place: Place) -> Response:
    """Go there; the answer, whose status is the place's."""
    answer = page.goto(town.address + place.path_in(town), wait_until="load")
    if place.press:
        assert answer
        with page.expect_navigation(wait_until="load") as navigation:
            page.locator(place.press).first.click()
        answer = navigation.value
    assert answer
    assert answer.status == place.status, f"{place.name}: {answer.status} at {page.url}"
    return answer


def log_in(browser: Browser, town: Town) -> BrowserContext:
    """A browser context in which the admin is logged in."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(town.address + town.enter_path())
    page.get_by_role("button", name="Log me in").click()
    page.goto(f"{town.address}/organize/")
    assert page.url.endswith("/organize/")
    page.close()
    return context


def confirm(town: Town) -> str:
    return town.signed()[1]


def confirmed(town: Town) -> str:
    return town.signed(confirmed=True)[1]


def confirmed_in(zip_code: str) -> Callable[[Town], str]:
    """The page after confirming, of somebody with that ZIP."""
    return lambda town: town.signed(confirmed=True, zip_code=zip_code)[1]


def withdraw(town: Town) -> str:
    return f"{confirmed(town)}/withdraw"


def me(town: Town) -> str:
    email, _link = town.signed(confirmed=True)
    return town.inside(lambda: people.me_path(email))


def withdraw_mine(town: Town) -> str:
    path = me(town)
    newest = select(Signature.id).order_by(Signature.id.desc())
    return f"{path}/signatures/{town.inside(lambda: db.session.scalars(newest).first())}/withdraw"


def old_me(town: Town) -> str:
    with clock.moved_by(days=-3):
        return me(town)


def leaving(town: Town) -> str:
    email, _link = town.signed(confirmed=True)
    return town.inside(lambda: people.leaving_path(email))


def left(town: Town) -> str:
    def leave() -> str:
        email = town.somebody()
        people.a_member(email)
        people.subscribing.leave(people.id_of(email))
        return people.leaving_path(email)

    return town.inside(leave)


def mail_named(part: str) -> Callable[[Town], str]:
    """The path of a kept message: the first or the last of the mailbox."""

    def find(town: Town) -> str:
        names = sorted(path.stem for path in (town.folder / "mailbox").glob("*.eml"))
        return f"/mailbox/{names[0]}{part}"

    return find


def untied(town: Town) -> str:
    """The public page of a release that no action answers."""
    free = select(PressRelease.slug).where(PressRelease.id.not_in(select(ActionRelease.release_id)))
    return f"/releases/{town.inside(lambda: db.session.scalars(free).first())}"


def edited(town: Town) -> str:
    """A release edited here whose source says something else since."""

    def find() -> int:
        rows = db.session.scalars(select(PressRelease))
        return next(row.id for row in rows if row.upstream)

    return f"/organize/releases/{town.inside(find)}"


def tied(path: str) -> Callable[[Town], str]:
    """The public page of the release that the open action answers."""

    def find(town: Town) -> str:
        def slug() -> str:
            action = db.session.scalars(select(Action.id).where(Action.slug == OPEN)).one()
            return db.session.get_one(PressRelease, tied_to(action)[0]).slug

        return path.format(town.inside(slug))

    return find


def action(state: ActionState, path: str = "", number: int = 0) -> Callable[[Town], str]:
    """A page of an action in that state."""

    def find(town: Town) -> str:
        ids = select(Action.id).where(Action.state == state).order_by(Action.id)
        found = town.inside(lambda: list(db.session.scalars(ids))[number])
        return f"/organize/actions/{found}{path}"

    return find


def letter_confirmed(town: Town) -> str:
    """The page of somebody who wrote their letters."""

    def write() -> str:
        action = db.session.scalars(select(Action).where(Action.slug == LETTER)).one()
        return write_letter(action, town.somebody())

    return town.inside(write)


def letter_confirm(town: Town) -> str:
    """The mailed link of a letter that Congress's own system takes, before it is confirmed."""

    def post() -> str:
        action = db.session.scalars(select(Action).where(Action.slug == LETTER)).one()
        return people.post(action, town.somebody(), zip="44102", town="Cleveland")

    return town.inside(post)


def a_letter(number: int, part: str = "") -> Callable[[Town], str]:
    """The page of the last writer's first or second letter."""

    def find(town: Town) -> str:
        def sign() -> str:
            newest = list(db.session.scalars(select(Letter.id).order_by(Letter.id)))
            return tokens.sign(Purpose.LETTER, newest[-2:][number])

        letter_confirmed(town)
        return f"/letters/{town.inside(sign)}{part}"

    return find


def lettered(path: str) -> Callable[[Town], str]:
    """A page of the letter action."""

    def find(town: Town) -> str:
        ids = select(Action.id).where(Action.slug == LETTER)
        return f"/organize/actions/{town.inside(lambda: db.session.scalars(ids).one())}{path}"

    return find


def begin_for(wish: DeliveryWish) -> Delivery:
    """A delivery that its office gets by mail, made."""
    action = db.session.get_one(Action, wish.action_id)
    begun = making.begin(action, addressee_of(wish), wish=wish)
    db.session.commit()
    making.make()
    return db.session.get_one(Delivery, begun.id)


def delivery(path: str) -> Callable[[Town], str]:
    """A page of the first delivery, by its public id, its number, or its office's link."""

    def find(town: Town) -> str:
        def fill() -> str:
            first = db.session.scalars(select(Delivery).order_by(Delivery.id)).first()
            wish = db.session.scalars(select(DeliveryWish)).first()
            assert first is not None
            assert wish is not None
            mailed = select(Delivery).where(Delivery.wish_id == wish.id).order_by(Delivery.id)
            office = db.session.scalars(mailed).first() or begin_for(wish)
            return path.format(
                public=first.public_id,
                id=first.id,
                office=readers.office_token(office, wish),
                wish=readers.wish_token(wish),
            )

        return town.inside(fill)

    return find


def ruled(path: str) -> Callable[[Town], str]:
    """A page of the action that a rule addresses to members of Congress."""

    def find(town: Town) -> str:
        ids = select(Action.id).where(Action.slug == RULED)
        return f"/organize/actions/{town.inside(lambda: db.session.scalars(ids).one())}{path}"

    return find


def strike(town: Town) -> str:
    """Asking before the first outcome is struck."""
    ids = select(Outcome.id).where(Outcome.position.is_not(None)).order_by(Outcome.id)
    return f"/organize/outcomes/{town.inside(lambda: db.session.scalars(ids).first())}/strike"


def followup(state: FollowUpState, path: str = "") -> Callable[[Town], str]:
    """A page of the last follow-up in that state."""

    def find(town: Town) -> str:
        ids = select(FollowUp.id).where(FollowUp.state == state).order_by(FollowUp.id)
        return f"/organize/followups/{town.inside(lambda: db.session.scalars(ids).first())}{path}"

    return find


def reset(town: Town) -> str:
    def make() -> str:
        sam = db.session.scalars(select(Organizer).where(Organizer.role == Role.ORGANIZER)).first()
        with town.app.test_request_context():
            return f"/organize/reset/{logins.reset_token(sam)}"

    return town.inside(make)


def enter(town: Town) -> str:
    return town.enter_path()


SIGN = ".sign-form button[type=submit]"
SAVE = "main .save button"
DRAFT, AHEAD = ActionState.DRAFT, ActionState.SCHEDULED
OPENED, ENDED = ActionState.OPEN, ActionState.CLOSED

PUBLIC = [
    Place("newsroom", "/"),
    Place("newsroom-es", "/es/"),
    Place("release", tied("/releases/{}")),
    Place("release-es", tied("/es/releases/{}")),
    Place("release-without-action", untied),
    Place("release-refused", tied("/releases/{}"), press=SIGN, status=422),
    Place("actions", "/actions"),
    Place("actions-es", "/es/actions"),
    Place("action", f"/actions/{OPEN}"),
    Place("action-es", f"/es/actions/{OPEN}"),
    Place("action-refused", f"/actions/{OPEN}", press=SIGN, status=422),
    Place("action-refused-es", f"/es/actions/{OPEN}", press=SIGN, status=422),
    Place("action-closed", f"/actions/{CLOSED}"),
    Place("action-ruled", f"/actions/{RULED}"),
    Place("action-ruled-es", f"/es/actions/{RULED}"),
    Place("letter-form", f"/actions/{LETTER}"),
    Place("letter-form-es", f"/es/actions/{LETTER}"),
    Place("letter-form-refused", f"/actions/{LETTER}", press=SIGN, status=422),
    Place("letter-confirm", letter_confirm),
    Place("letter-confirm-es", lambda town: f"/es{letter_confirm(town).removeprefix('/es')}"),
    Place("letter-confirmed", letter_confirmed),
    Place("letter-waiting", a_letter(0)),
    Place("letter-by-hand", a_letter(1)),
    Place("letter-by-hand-es", lambda town: f"/es{a_letter(1)(town)}"),
    Place("letter-sent", a_letter(1), press="ul.ways form button"),
    Place("delivery", delivery("/deliveries/{public}")),
    Place("delivery-es", delivery("/es/deliveries/{public}")),
    Place("delivery-office", delivery("/deliveries/office/{office}")),
    Place("delivery-wishes", delivery("/deliveries/wishes/{wish}")),
    Place("delivery-wishes-saved", delivery("/deliveries/wishes/{wish}"), press="main form button"),
    Place("thanks", f"/actions/{OPEN}/thanks"),
    Place("thanks-es", f"/es/actions/{OPEN}/thanks"),
    Place("confirm", confirm),
    Place("confirm-es", lambda town: f"/es{confirm(town).removeprefix('/es')}"),
    Place("confirmed", confirmed),
    Place("confirmed-es", lambda town: f"/es{confirmed(town).removeprefix('/es')}"),
    Place("confirmed-district", confirmed_in("44101")),
    Place("confirmed-state", confirmed_in("09001")),
    Place("withdraw", withdraw),
    Place("withdrawn", withdraw, press="main form button"),
    Place("link-broken", "/confirm/nonsense", status=404),
    Place("unsubscribe", leaving),
    Place("unsubscribe-es", lambda town: f"/es{leaving(town)}"),
    Place("unsubscribed", left),
    Place("stayed", left, press="main form button"),
    Place("me-ask", "/me"),
    Place("me-ask-refused", "/me", press="main form button", status=422),
    Place("me-asked", "/me/asked"),
    Place("me", me),
    Place("me-es", lambda town: f"/es{me(town)}"),
    Place("me-old", old_me, status=410),
    Place("me-withdraw", withdraw_mine),
    Place("me-erase", lambda town: f"{me(town)}/erase"),
    Place("me-erased", "/me/erased"),
    Place("privacy", "/privacy"),
    Place("privacy-es", "/es/privacy"),
    Place("not-found", "/nowhere", status=404),
    Place("not-found-es", "/es/nowhere", status=404),
    Place("database-away", "/actions?away_at=GET", status=503),
    Place("database-away-signing", f"/actions/{OPEN}?away_at=POST", press=SIGN, status=503),
    Place("mailbox", "/mailbox"),
    Place("mailbox-message", mail_named("")),
]

WAYS_IN = [
    Place("login", "/organize/login"),
    Place("login-refused", "/organize/login", press="main form button", status=422),
    Place("enter", enter),
    Place("forgot", "/organize/forgot"),
    Place("reset", reset),
]

WORKSPACE = [
    Place(f"desk-{name}", path, press=press, status=status, inside=True)
    for name, path, press, status in [
        ("home", "/organize/", "", 200),
        ("actions", "/organize/actions", "", 200),
        ("action", action(OPENED), "", 200),
        ("action-draft", action(DRAFT, number=1), "", 200),
        ("action-scheduled", action(AHEAD), "", 200),
        ("action-closed", action(ENDED), "", 200),
        ("action-new", "/organize/actions/new?release=1", "", 200),
        ("action-new-refused", "/organize/actions/new", SAVE, 422),
        ("action-edit", action(OPENED, "/edit"), "", 200),
        ("action-preview", action(OPENED, "/preview"), "", 200),
        ("action-publish", action(DRAFT, "/publish"), "", 200),
        ("action-publish-bare", action(DRAFT, "/publish", 1), "", 200),
        ("action-releases", action(OPENED, "/releases"), "", 200),
        ("action-reopen", action(ENDED, "/reopen"), "", 200),
        ("action-signatures", action(OPENED, "/signatures"), "", 200),
        ("action-confirmed", action(OPENED, "/signatures?state=confirmed"), "", 200),
        ("action-versions", action(OPENED, "/versions"), "", 200),
        ("releases", "/organize/releases", "", 200),
        ("release", edited, "", 200),
        ("release-new", "/organize/releases/new", "", 200),
        ("release-new-refused", "/organize/releases/new", SAVE, 422),
        ("import", "/organize/releases/import", "", 200),
        ("import-refused", "/organize/releases/import", SAVE, 422),
        ("feeds", "/organize/feeds", "", 200),
        ("followups", "/organize/followups", "", 200),
        ("followup-draft", followup(FollowUpState.DRAFT), "", 200),
        ("followup-sending", followup(FollowUpState.SENDING), "", 200),
        ("followup-scheduled", followup(FollowUpState.SCHEDULED), "", 200),
        ("followup-sent", followup(FollowUpState.SENT), "", 200),
        ("followup-new", action(OPENED, "/followups/new"), "", 200),
        ("followup-edit", followup(FollowUpState.DRAFT, "/edit"), "", 200),
        ("followup-send", followup(FollowUpState.DRAFT, "/send"), "", 200),
        ("followup-email", followup(FollowUpState.DRAFT, "/email/en.html"), "", 200),
        ("mail", "/organize/mail", "", 200),
        ("mail-suppressions", "/organize/mail/suppressions", "", 200),
        ("mail-suppressions-lifted", "/organize/mail/suppressions?lifted=1", "", 200),
        ("mail-address-refused", "/organize/mail/suppressions", SAVE, 422),
        ("congress", "/organize/congress", "", 200),
        ("congress-zip", "/organize/congress?zip=44101", "", 200),
        ("congress-committee", "/organize/congress?committee=HSJU", "", 200),
        ("action-reach", action(DRAFT, "/reach?zip=44101"), "", 200),
        ("outcomes", ruled("/outcomes"), "", 200),
        ("outcomes-none", action(AHEAD, "/outcomes"), "", 200),
        ("outcome-new", ruled("/outcomes/new"), "", 200),
        ("outcome-new-named", action(OPENED, "/outcomes/new"), "", 200),
        ("outcome-new-refused", ruled("/outcomes/new"), SAVE, 422),
        ("outcome-many", ruled("/outcomes/many"), "", 200),
        ("outcome-strike", strike, "", 200),
        ("lists", "/organize/lists", "", 200),
        ("lists-refused", "/organize/lists", SAVE, 422),
        ("list", "/organize/lists/1", "", 200),
        ("letters", lettered("/letters"), "", 200),
        ("letter-preview", lettered("/preview"), "", 200),
        ("letters-contact", lettered("/letters/C000003"), "", 200),
        ("letter-edit", lettered("/edit"), "", 200),
        ("deliveries", action(OPENED, "/deliveries"), "", 200),
        ("people", "/organize/people", "", 200),
        ("log", "/organize/log", "", 200),
        ("password", "/organize/password", "", 200),
        ("not-found", "/organize/actions/999", "", 404),
    ]
]

EVERY = PUBLIC + WAYS_IN + WORKSPACE
