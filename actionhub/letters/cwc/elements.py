"""The elements of a CWC 2.0 message, in their order: the one place that tells it.

Source: public code that speaks CWC 2.0 to the House and Senate (the Ruby gem `cwc` that EFF's
congress_forms uses, and clients that name the Senate's `incoming_xml_message_2_0.rng`); the
official schema, which vendors get, was not at hand. **Unproven** until a chamber's own validator
has taken a message. Where sources disagree the element is not written (`MoreInfo`, `Bills`).
"""

from __future__ import annotations

from dataclasses import dataclass

from actionhub.congress.states import NAMES

PREFIXES = ("Mr.", "Mrs.", "Miss", "Ms.", "Dr.")
#: Library of Congress policy areas.
TOPICS = (
    "Agriculture and Food",
    "Animals",
    "Armed Forces and National Security",
    "Arts, Culture, Religion",
    "Civil Rights and Liberties, Minority Issues",
    "Commerce",
    "Congress",
    "Crime and Law Enforcement",
    "Economics and Public Finance",
    "Education",
    "Emergency Management",
    "Energy",
    "Environmental Protection",
    "Families",
    "Finance and Financial Sector",
    "Foreign Trade and International Finance",
    "Government Operations and Politics",
    "Health",
    "Housing and Community Development",
    "Immigration",
    "International Affairs",
    "Labor and Employment",
    "Law",
    "Native Americans",
    "Public Lands and Natural Resources",
    "Science, Technology, Communications",
    "Social Sciences and History",
    "Social Welfare",
    "Sports and Recreation",
    "Taxation",
    "Transportation and Public Works",
    "Water Resources Development",
)

#: The House's offices by district, the Senate's by class.
OFFICE = r"H[A-Z]{2}\d{2}|S[A-Z]{2}0[1-3]"
PHONE = r"\d{3}-\d{3}-\d{4}"
EMAIL = r"[^@]+@[^.]+\..+"
YES_OR_NO = ("Y", "N")


@dataclass(frozen=True)
class Part:
    """An element: `least` to `most` characters, `like` a whole pattern, one of `of`, or of `parts`.

    `either`: names of parts one of which at least is there.
    """

    name: str
    needed: bool = True
    least: int = 1
    most: int = 500
    like: str = ""
    of: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    repeats: bool = False
    either: tuple[str, ...] = ()


def _may(name: str, **more: object) -> Part:
    return Part(name, needed=False, **more)  # type: ignore[arg-type]


DELIVERY = Part(
    "Delivery",
    parts=(
        Part("DeliveryId", like=r"[a-zA-Z0-9]{32}"),
        Part("DeliveryDate", like=r"\d{8}"),
        Part("DeliveryAgent"),
        Part("DeliveryAgentAckEmailAddress", like=EMAIL),
        Part(
            "DeliveryAgentContact",
            parts=(
                Part("DeliveryAgentContactName", least=6),
                Part("DeliveryAgentContactEmail", like=EMAIL),
                Part("DeliveryAgentContactPhone", like=PHONE),
            ),
        ),
        _may("Organization", least=3),
        _may(
            "OrganizationContact",
            parts=(
                _may("OrganizationContactName", least=2),
                _may("OrganizationContactEmail", like=EMAIL),
                _may("OrganizationContactPhone", like=PHONE),
            ),
        ),
        _may("OrganizationAbout", least=6),
        Part("CampaignId"),
    ),
)
RECIPIENT = Part(
    "Recipient",
    parts=(
        Part("MemberOffice", like=OFFICE),
        _may("IsResponseRequested", of=YES_OR_NO),
        _may("NewsletterOptIn", of=YES_OR_NO),
    ),
)
CONSTITUENT = Part(
    "Constituent",
    parts=(
        Part("Prefix", of=PREFIXES),
        Part("FirstName"),
        _may("MiddleName"),
        Part("LastName"),
        _may("Suffix"),
        _may("Title"),
        _may("ConstituentOrganization", least=2),
        Part("Address1", least=3),
        _may("Address2", least=2),
        Part("City", least=3),
        Part("StateAbbreviation", of=tuple(NAMES)),
        Part("Zip", like=r"\d{5}(-\d{4})?"),
        _may("Phone", like=PHONE),
        _may("AddressValidation", of=YES_OR_NO),
        Part("Email", like=EMAIL),
        _may("EmailValidation", of=YES_OR_NO),
    ),
)
MESSAGE = Part(
    "Message",
    parts=(
        Part("Subject", least=6),
        Part(
            "LibraryOfCongressTopics",
            parts=(Part("LibraryOfCongressTopic", of=TOPICS, repeats=True),),
        ),
        _may(
            "Bills",
            parts=(
                Part(
                    "Bill",
                    repeats=True,
                    parts=(
                        _may("BillCongress", like=r"\d+"),
                        Part("BillTypeAbbreviation"),
                        Part("BillNumber", like=r"\d+"),
                    ),
                ),
            ),
        ),
        _may("ProOrCon", like=r"[Pp][Rr][Oo]|[Cc][Oo][Nn]"),
        _may("OrganizationStatement", least=6, most=10_000),  # what the organisation wrote
        _may("ConstituentMessage", least=6, most=10_000),  # what the constituent wrote
        _may("MoreInfo"),
    ),
    either=("OrganizationStatement", "ConstituentMessage"),
)
CWC = Part(
    "CWC",
    parts=(Part("CWCVersion", like=r"2\.0"), DELIVERY, RECIPIENT, CONSTITUENT, MESSAGE),
)
