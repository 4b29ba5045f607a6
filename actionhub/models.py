"""Gathers every table, for migrations and the app."""

from actionhub.actions.models import (
    Action,
    ActionRelease,
    ActionText,
    ListedPerson,
    OfficeContact,
    Target,
    TargetList,
)
from actionhub.actions.outcome_models import Outcome
from actionhub.congress.models import (
    Committee,
    CommitteeSeat,
    DataSet,
    Representative,
    Term,
    ZipArea,
)
from actionhub.deliveries.models import (
    DeliveredSignature,
    Delivery,
    DeliveryVolume,
    DeliveryWish,
)
from actionhub.followups.models import FollowUp
from actionhub.installation import InstallationFact
from actionhub.letters.cwc.models import CwcLetter
from actionhub.letters.models import Letter
from actionhub.limits import RateBucket
from actionhub.networks import NetworkKey
from actionhub.newsroom.models import Feed, PressRelease
from actionhub.organizers.models import AuditEvent, LoginLink, Organizer
from actionhub.outbox.models import (
    ArchivedEmail,
    Beat,
    BeatObservation,
    Destination,
    Email,
    EmailEvent,
    EmailTally,
    Mailing,
    MailTotal,
    Report,
    Suppression,
)
from actionhub.signatures.models import ActionCount, CountDelta, Signature
from actionhub.supporters.models import ConsentWording, Subscription, Supporter

__all__ = [
    "Action",
    "ActionCount",
    "ActionRelease",
    "ActionText",
    "ArchivedEmail",
    "AuditEvent",
    "Beat",
    "BeatObservation",
    "Committee",
    "CommitteeSeat",
    "ConsentWording",
    "CountDelta",
    "CwcLetter",
    "DataSet",
    "DeliveredSignature",
    "Delivery",
    "DeliveryVolume",
    "DeliveryWish",
    "Destination",
    "Email",
    "EmailEvent",
    "EmailTally",
    "Feed",
    "FollowUp",
    "InstallationFact",
    "Letter",
    "ListedPerson",
    "LoginLink",
    "MailTotal",
    "Mailing",
    "NetworkKey",
    "OfficeContact",
    "Organizer",
    "Outcome",
    "PressRelease",
    "RateBucket",
    "Report",
    "Representative",
    "Signature",
    "Subscription",
    "Supporter",
    "Suppression",
    "Target",
    "TargetList",
    "Term",
    "ZipArea",
]
