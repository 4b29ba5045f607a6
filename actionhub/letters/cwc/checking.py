"""Checking a CWC message offline, against the table of elements."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped]

from actionhub.letters.cwc.elements import CWC, Part


def problems_of(xml: bytes) -> list[str]:
    """What is wrong with a message: a line each, naming the element and never what it says."""
    try:
        root = fromstring(xml)
    except (ParseError, DefusedXmlException, ValueError) as problem:
        return [f"it is no well-formed XML ({type(problem).__name__})"]
    if root.tag != CWC.name:
        return [f"it begins with {root.tag!r}, not with 'CWC'"]
    return list(_check(CWC, root))


def _check(part: Part, element: Element) -> Iterator[str]:
    if element.attrib:
        yield f"{part.name}: it takes no attributes"
    if not part.parts:
        yield from _check_text(part, element)
        return
    if (element.text or "").strip() or any((child.tail or "").strip() for child in element):
        yield f"{part.name}: text stands between its elements"
    yield from _check_order(part, element)
    known = {child.name: child for child in part.parts}
    for child in element:
        if child.tag in known:
            yield from _check(known[child.tag], child)


def _check_order(part: Part, element: Element) -> Iterator[str]:
    order = [child.name for child in part.parts]
    there = [child.tag for child in element]
    for name in dict.fromkeys(there):
        if name not in order:
            yield f"{part.name}: there is no element {name!r}"
    for child in part.parts:
        if child.needed and child.name not in there:
            yield f"{part.name}: {child.name} is missing"
        if not child.repeats and there.count(child.name) > 1:
            yield f"{part.name}: {child.name} is there more than once"
    if part.either and not set(part.either) & set(there):
        yield f"{part.name}: one of {' and '.join(part.either)} is missing"
    places = [order.index(name) for name in there if name in order]
    if places != sorted(places):
        yield f"{part.name}: its elements are not in order ({', '.join(order)})"


def _check_text(part: Part, element: Element) -> Iterator[str]:
    said = (element.text or "").strip()
    if len(element):
        yield f"{part.name}: it holds text alone"
    elif part.of and said not in part.of:
        yield f"{part.name}: it is none of those allowed"
    elif part.like and not re.fullmatch(part.like, said):
        yield f"{part.name}: it is not written as it should be"
    elif not part.least <= len(said) <= part.most:
        yield f"{part.name}: it has not {part.least} to {part.most} characters"
