"""States and territories: their names, and those that elect a delegate instead of members."""

from __future__ import annotations

#: The fifty states by their USPS abbreviations.
STATES: dict[str, str] = {
    "AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California",
    "CO": "Colorado", "CT": "Connecticut", "DE": "Delaware", "FL": "Florida", "GA": "Georgia",
    "HI": "Hawaii", "ID": "Idaho", "IL": "Illinois", "IN": "Indiana", "IA": "Iowa",
    "KS": "Kansas", "KY": "Kentucky", "LA": "Louisiana", "ME": "Maine", "MD": "Maryland",
    "MA": "Massachusetts", "MI": "Michigan", "MN": "Minnesota", "MS": "Mississippi",
    "MO": "Missouri", "MT": "Montana", "NE": "Nebraska", "NV": "Nevada", "NH": "New Hampshire",
    "NJ": "New Jersey", "NM": "New Mexico", "NY": "New York", "NC": "North Carolina",
    "ND": "North Dakota", "OH": "Ohio", "OK": "Oklahoma", "OR": "Oregon", "PA": "Pennsylvania",
    "RI": "Rhode Island", "SC": "South Carolina", "SD": "South Dakota", "TN": "Tennessee",
    "TX": "Texas", "UT": "Utah", "VT": "Vermont", "VA": "Virginia", "WA": "Washington",
    "WV": "West Virginia", "WI": "Wisconsin", "WY": "Wyoming",
}  # fmt: skip

#: Those without senators, whose one member of the House has no vote on its floor (2 USC 25a,
#: 48 USC 891, 1711, 1715, 1731, 1751).
DELEGATED: dict[str, str] = {
    "DC": "District of Columbia",
    "PR": "Puerto Rico",
    "GU": "Guam",
    "VI": "U.S. Virgin Islands",
    "AS": "American Samoa",
    "MP": "Northern Mariana Islands",
}

NAMES: dict[str, str] = STATES | DELEGATED

SENATORS = 2

#: ZIP codes of the territories that the Census's file of districts leaves out: first, last, state
#: (USPS Publication 65; 96799 is all of American Samoa).
TERRITORIES: tuple[tuple[str, str, str], ...] = (
    ("00801", "00899", "VI"),
    ("96799", "96799", "AS"),
    ("96910", "96932", "GU"),
    ("96950", "96952", "MP"),
)

#: First three digits that hold no ZIP area, only PO boxes and large receivers: their state (USPS
#: Domestic Mail Manual, labeling list L002).
PREFIXES: dict[str, str] = {
    "005": "NY", "055": "MA", "192": "PA", "311": "GA", "332": "FL", "375": "TN", "399": "GA",
    "459": "OH", "509": "IA", "555": "MN", "569": "DC", "649": "MO", "733": "TX", "885": "TX",
    "889": "NV", "901": "CA", "938": "CA", "942": "CA",
}  # fmt: skip


def has_vote(state: str) -> bool:
    """Whether who sits for it in the House votes on its floor."""
    return state in STATES


def territory_of(zip_code: str) -> str | None:
    """The territory outside the file of districts in which a five-digit ZIP lies."""
    for first, last, state in TERRITORIES:
        if first <= zip_code <= last:
            return state
    return None
