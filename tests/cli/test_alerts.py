"""The alert rules in the docs can be loaded, and ask only for figures that /metrics tells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser as promql
import pytest
import yaml
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

ROOT = Path(__file__).parents[2]
(GROUP,) = yaml.safe_load((ROOT / "docs" / "alerts.yaml").read_text())["groups"]
RULES: list[dict[str, Any]] = GROUP["rules"]


def selectors(part: Any) -> Iterator[promql.VectorSelector]:
    """Every series that a part of an expression asks for."""
    match part:
        case promql.VectorSelector():
            yield part
        case promql.MatrixSelector():
            yield from selectors(part.vector_selector)
        case promql.BinaryExpr():
            yield from selectors(part.lhs)
            yield from selectors(part.rhs)
        case promql.AggregateExpr() | promql.ParenExpr() | promql.UnaryExpr():
            yield from selectors(part.expr)
        case promql.Call():
            for given in part.args:
                yield from selectors(given)
        case _:
            assert isinstance(part, promql.NumberLiteral), f"a kind not walked: {part!r}"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["alert"]))
def test_a_rule_asks_only_for_what_is_told(client: FlaskClient, rule: dict[str, Any]) -> None:
    """Also where nothing ever happened: an alert on a figure that is missing never fires."""
    told: dict[str, list[dict[str, str]]] = {}
    for family in text_string_to_metric_families(client.get("/metrics").text):
        for sample in family.samples:
            told.setdefault(sample.name, []).append(sample.labels)
    asked = list(selectors(promql.parse(rule["expr"])))
    assert asked
    for one in asked:
        assert one.name in told, one.name
        wanted = {m.name: m.value for m in one.matchers.matchers}
        assert any(wanted.items() <= labels.items() for labels in told[one.name]), one.name


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["alert"]))
def test_a_rule_says_what_it_is(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert rule["annotations"]["summary"]
    assert re.fullmatch(r"\d+[smh]", rule.get("for", "0s"))


def test_every_alert_has_a_name_of_its_own_and_stands_in_the_operators_page() -> None:
    names = [rule["alert"] for rule in RULES]
    assert len(names) == len(set(names)) > 5
    page = (ROOT / "docs" / "operators.md").read_text()
    assert set(re.findall(r"`(ActionHub\w+)`", page)) == set(names)


def test_the_figures_that_the_operators_page_names_are_told(client: FlaskClient) -> None:
    page = (ROOT / "docs" / "operators.md").read_text()
    named = set(re.findall(r"`(actionhub_\w+)", page))
    families = text_string_to_metric_families(client.get("/metrics").text)
    told = {sample.name for family in families for sample in family.samples}
    told.add("actionhub_signatures")  # has no sample before the first signature
    assert len(named) > 5
    assert named <= told
