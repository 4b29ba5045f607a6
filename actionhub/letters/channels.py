"""The ways by which a letter reaches its addressee, each an adapter with one interface."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from actionhub.actions.addressees import Addressee
from actionhub.letters.cwc.agency import agency
from actionhub.letters.models import ChannelName


class Channel(Protocol):
    """A way. `ours`: we send by it; else its writer does, and tells us so.

    `needs_street`: its writer must have told a street and a prefix.
    """

    @property
    def name(self) -> ChannelName: ...

    @property
    def ours(self) -> bool: ...

    @property
    def needs_street(self) -> bool: ...

    def reaches(self, addressee: Addressee, /) -> bool:
        """Whether this addressee can be reached so."""
        ...


@dataclass(frozen=True)
class ByEmail:
    """We mail it from our domain; an answer goes to the writer."""

    name: ChannelName = ChannelName.EMAIL
    ours: bool = True
    needs_street: bool = False

    def reaches(self, addressee: Addressee) -> bool:
        return bool(addressee.email)


@dataclass(frozen=True)
class ByCwc:
    """We hand it to the chamber's own system, where an operator set that up for the office."""

    name: ChannelName = ChannelName.CWC
    ours: bool = True
    needs_street: bool = True

    def reaches(self, addressee: Addressee) -> bool:
        with_whom = agency()
        return with_whom is not None and with_whom.office_of(addressee.key) is not None


@dataclass(frozen=True)
class ByForm:
    """The writer puts it into the office's own contact form."""

    name: ChannelName = ChannelName.FORM
    ours: bool = False
    needs_street: bool = False

    def reaches(self, addressee: Addressee) -> bool:
        return bool(addressee.contact_form)


@dataclass(frozen=True)
class ByPhone:
    """The writer calls, with the letter as what to say."""

    name: ChannelName = ChannelName.PHONE
    ours: bool = False
    needs_street: bool = False

    def reaches(self, addressee: Addressee) -> bool:
        return bool(addressee.phone)


@dataclass(frozen=True)
class OnPaper:
    """The writer prints it and posts it, or takes it there: that can always be done."""

    name: ChannelName = ChannelName.PRINT
    ours: bool = False
    needs_street: bool = False

    def reaches(self, _addressee: Addressee) -> bool:
        return True


#: In the order in which they are tried.
CHANNELS: tuple[Channel, ...] = (ByEmail(), ByCwc(), ByForm(), ByPhone(), OnPaper())
BY_NAME = {channel.name: channel for channel in CHANNELS}


def ways_to(addressee: Addressee, *, street: bool = False) -> tuple[Channel, ...]:
    """The ways to an addressee, the first choice first; there is always paper.

    Those that need a street only where its writer told one.
    """
    return tuple(
        channel
        for channel in CHANNELS
        if (street or not channel.needs_street) and channel.reaches(addressee)
    )
