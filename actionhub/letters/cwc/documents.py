"""A letter as a CWC message: the organisation's words and its writer's, each in their element."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from actionhub.actions.addressees import CAPITOL
from actionhub.letters.composing import Composed, Writer
from actionhub.letters.cwc.agency import Agency
from actionhub.letters.cwc.elements import CWC, Part

#: What XML 1.0 cannot hold.
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Sender:
    """What CWC asks of a writer beyond their letter, as they typed it."""

    prefix: str
    first_name: str = field(repr=False)
    last_name: str = field(repr=False)
    street: str = field(repr=False)


@dataclass(frozen=True)
class Message:
    """All that one message is made of; the same again makes the same bytes."""

    delivery_id: str
    written_at: datetime
    campaign: str
    organization: str
    office: str
    topic: str
    email: str = field(repr=False)
    sender: Sender
    writer: Writer = field(repr=False)
    composed: Composed = field(repr=False)


def to_xml(message: Message, agency: Agency) -> bytes:
    """The message as UTF-8 XML, its elements in the table's order."""
    root = Element(CWC.name)
    _fill(root, CWC, _values(message, agency))
    body: bytes = tostring(root, encoding="utf-8", xml_declaration=False)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + body


def _fill(element: Element, part: Part, values: Mapping[str, Any]) -> None:
    for child in part.parts:
        told = values.get(child.name)
        if not told:
            continue
        for one in told if child.repeats else [told]:
            made = SubElement(element, child.name)
            if child.parts:
                _fill(made, child, one)
            else:
                made.text = _NO_XML.sub("", one).strip()


def _values(message: Message, agency: Agency) -> dict[str, Any]:
    return {
        "CWCVersion": "2.0",
        "Delivery": {
            "DeliveryId": message.delivery_id,
            "DeliveryDate": f"{message.written_at.astimezone(CAPITOL):%Y%m%d}",
            "DeliveryAgent": agency.agent,
            "DeliveryAgentAckEmailAddress": agency.acknowledge_to,
            "DeliveryAgentContact": {
                "DeliveryAgentContactName": agency.contact_name,
                "DeliveryAgentContactEmail": agency.contact_email,
                "DeliveryAgentContactPhone": agency.contact_phone,
            },
            "Organization": message.organization,
            "CampaignId": message.campaign,
        },
        "Recipient": {
            "MemberOffice": message.office,
            "IsResponseRequested": "Y",
            "NewsletterOptIn": "N",
        },
        "Constituent": _constituent(message),
        "Message": {
            "Subject": message.composed.subject,
            "LibraryOfCongressTopics": {"LibraryOfCongressTopic": [message.topic]},
            **_words(message),
        },
    }


def _constituent(message: Message) -> dict[str, Any]:
    sender, writer = message.sender, message.writer
    return {
        "Prefix": sender.prefix,
        "FirstName": sender.first_name,
        "LastName": sender.last_name,
        "Address1": sender.street,
        "City": writer.town,
        "StateAbbreviation": writer.place.state if writer.place else "",
        "Zip": writer.zip,
        "Email": message.email,
        "EmailValidation": "Y",  # confirmed by a mailed link
    }


def _words(message: Message) -> dict[str, str]:
    """Who wrote what; the name and place that close a letter stand in elements of their own."""
    composed = message.composed
    if not message.writer.own:
        return {
            "OrganizationStatement": "\n\n".join(filter(None, (composed.opening, composed.body)))
        }
    return {"OrganizationStatement": composed.body, "ConstituentMessage": composed.opening}
