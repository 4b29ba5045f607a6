"""Invented newsroom pages, saved as text in the ways that browsers and people save them."""

from __future__ import annotations

DATE_SECOND = """\
Tenants Together
Home | About | News

Rent Freeze Passes in Three Cities
3 June 2022 | News
The councils voted after months of testimony by tenants.
Photo: Maria Ruiz / Tenants Together
Landlords have until autumn to comply.

Statement on the Fire in Harbor Street
Statement, 28 May 2022
Five people lost their homes, and one of them her life. “We warned of this,” said the chair.

Empty Homes, Full Shelters
Report – 2 May 2022
A new count finds eleven empty homes for every person without one.

Load more
© 2022 Tenants Together
"""

DATE_LAST = """\
River Keepers newsroom

We look after the river and those who live along it, and have done so since 1974.

Mill Must Clean Up, Court Says

The court ordered the mill to remove forty years of waste from the river bed.

Published: Thursday, March 4, 2021

A Spring Without Salmon

For the first time since counting began, no salmon passed the lower weir in March.

Published: Tuesday, March 2, 2021

Volunteers Wanted for the Big Clean

Bring boots and a friend; we bring the gloves, the bags and the soup.

Published: Monday, February 8, 2021
"""

INLINE = """\
Press archive
2021-04-12 – Bus Drivers Win Paid Rest Breaks After Strike
The company signed on Sunday night.
2021-03-30 – Drivers Vote to Strike for Paid Rest Breaks
Ninety-four percent voted yes.
"""

KIND_APART = """\
Latest

Press Release
April 9, 2020
Nurses Ask for Masks That Fit
They have asked since January.

Statement
April 2, 2020
On the Death of a Colleague
We mourn, and we will not be quiet.
"""

NUMERIC = """\
14/02/2023
Bread Prices Rise Again
Nothing was done.

03/02/2023
Bakers Speak Out
Something could be.
"""

CAPTIONS_BETWEEN = """\
News

May 6, 2023 • Statement

Image: a crowd outside the library, holding up books

Let the Library Stay Open

Read more

The board heard two hundred people, and not one of them wanted it shut.

Washington, DC • May 1, 2023

A Book for Every Child

© Friends of the Library

Every child in the county gets a book this summer.

Older posts
"""

CLOSE_TOGETHER = """\
Our newsroom
City Bans Evictions in Winter
The council voted nine to two on Tuesday night.
Posted: 12 January 2022
Tenants March on City Hall
Hundreds came, and more are coming.
Posted: 5 January 2022
"""

TITLES_ONLY = """\
Newsroom
City Bans Evictions in Winter
January 12, 2022
Tenants March on City Hall
January 5, 2022
"""

TITLE_KIND_DATE = """\
City Bans Evictions in Winter

Press Release

12 January 2022

[Photo: a full council chamber]

The council voted nine to two on Tuesday night.

Tenants March on City Hall

Statement

5 January 2022

Photo by Ana Ruiz

Hundreds came, and more are coming.
"""
