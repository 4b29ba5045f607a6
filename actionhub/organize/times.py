"""Times as organizers type and read them: in the organization's own time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from babel.dates import format_date, format_time, format_timedelta
from flask_babel import get_locale
from flask_babel import gettext as _
from wtforms import DateTimeLocalField
from wtforms.validators import ValidationError

from actionhub import clock
from actionhub.config import settings


class ZonedField(DateTimeLocalField):
    """A date and time typed in the organization's zone; `moment` is it as aware UTC."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["format"] = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
        super().__init__(*args, **kwargs)

    @property
    def moment(self) -> datetime | None:
        return to_utc(self.data) if self.data else None

    @moment.setter
    def moment(self, value: datetime | None) -> None:
        self.data = to_local(value) if value else None

    def pre_validate(self, _form: Any) -> None:
        if self.data and to_local(to_utc(self.data)) != self.data:
            raise ValidationError(_("The clocks jump over that hour on that day."))


def to_utc(local: datetime) -> datetime:
    """A naive time of the organization's zone as aware UTC."""
    return local.replace(tzinfo=settings().timezone).astimezone(UTC)


def to_local(moment: datetime) -> datetime:
    """An aware time as a naive one of the organization's zone, to the minute."""
    return moment.astimezone(settings().timezone).replace(tzinfo=None, second=0, microsecond=0)


def show_time(moment: datetime | None) -> str:
    """`Nov 23, 2026, 2:10 PM EST`."""
    if moment is None:
        return ""
    local = moment.astimezone(settings().timezone)
    hour = format_time(local, "h:mm a", locale=_locale())
    return f"{show_day(local)}, {hour} {local:%Z}"


def show_hour(moment: datetime | None) -> str:
    """`2:10 PM` today, `Nov 23, 2026, 2:10 PM EST` on another day."""
    if moment is None:
        return ""
    local = moment.astimezone(settings().timezone)
    if local.date() == clock.now().astimezone(settings().timezone).date():
        return format_time(local, "short", locale=_locale())
    return show_time(moment)


def show_day(day: date | None) -> str:
    """`Nov 23, 2026`."""
    return "" if day is None else format_date(day, "medium", locale=_locale())


def show_ago(moment: datetime | None) -> str:
    """`3 hours ago`, `in 2 days`."""
    if moment is None:
        return ""
    return format_timedelta(moment - clock.now(), add_direction=True, locale=_locale())


def _locale() -> Any:
    return get_locale() or "en"
