"""The Spanish catalog: whole, up to date with the code, sound, and compiled."""

from __future__ import annotations

import re

from babel.messages import Catalog

from tests.translations.catalogs import (
    PLACEHOLDER,
    compiled,
    english_in,
    english_in_text,
    forms,
    in_code,
    key_of,
    written,
)


def test_the_catalog_holds_exactly_the_strings_of_the_code() -> None:
    known = {key_of(message.id, message.context) for message in written() if message.id}
    told = "run `make translations` and fill in what is new"
    assert in_code() - known == set(), told
    assert known - in_code() == set(), told


def test_every_string_has_its_spanish() -> None:
    wanting = [
        message.id
        for message in written()
        if message.fuzzy or not all(form.strip() for form in forms(message.string))
    ]
    assert [wanted for wanted in wanting if wanted] == []
    assert written().num_plurals == 2


def test_each_translation_keeps_the_placeholders() -> None:
    for message in written():
        if not message.id:
            continue
        named = set(PLACEHOLDER.findall(forms(message.id)[-1]))
        for form in forms(message.string):
            assert set(PLACEHOLDER.findall(form)) == named, message.id
            assert not re.search(r"%(?!\(\w+\)[sd])", form), message.id


def test_each_translation_begins_and_ends_as_its_source() -> None:
    for message in written():
        for source, form in zip(forms(message.id), forms(message.string), strict=True):
            if source:
                assert form == form.strip(), source
                assert (source[-1] == ".") == (form[-1] == "."), source
                assert (source[-1] == "?") == (form[-1] == "?"), source
                assert form.count("?") == form.count("¿"), source
                assert form.count("!") == form.count("¡"), source


def test_what_the_app_reads_is_what_was_written() -> None:
    def as_text(context: str | bytes | None) -> str:
        return context.decode() if isinstance(context, bytes) else context or ""

    def spoken(catalog: Catalog) -> dict[tuple[str, str], tuple[str, ...]]:
        return {(as_text(m.context), forms(m.id)[0]): forms(m.string) for m in catalog if m.id}

    assert spoken(compiled()) == spoken(written()), "run `make translations`"


def test_english_is_found_where_it_hides() -> None:
    page = '<p>Goal: 10</p><p lang="en">Add your name</p><b title="Erase me">Firma</b>'
    assert english_in(page) == ["Erase me", "Goal: 10"]
    assert english_in_text("Hola. Thank you. You are") == ["Thank you. You are"]
    assert english_in_text("No hay nada que hacer.") == []
