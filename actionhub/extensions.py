"""The extensions, made once and bound to an app in `create_app`."""

from __future__ import annotations

from flask_babel import Babel
from flask_mail import Mail
from flask_migrate import Migrate
from flask_wtf import CSRFProtect

from actionhub.database import db

__all__ = ["babel", "csrf", "db", "mail", "migrate"]

babel = Babel()
csrf = CSRFProtect()
mail = Mail()
migrate = Migrate()
