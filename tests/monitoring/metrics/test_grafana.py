"""The Grafana file: a dashboard by Grafana's documented model, asking only for what is served.

https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from monitoring.metrics import families

FILE = Path(__file__).resolve().parents[3] / "docs" / "grafana" / "switchboard.json"
TEXT = FILE.read_text()
DASHBOARD: dict[str, Any] = json.loads(TEXT)
SERVED = {series for family in families.FAMILIES for series in family.series}
OF_PYTHON = {"process_resident_memory_bytes", "process_cpu_seconds_total"}

_TEXT = {"type": "string", "minLength": 1}
_DATASOURCE = {
    "type": "object",
    "required": ["type", "uid"],
    "properties": {"type": {"enum": ["prometheus", "grafana"]}, "uid": _TEXT},
    "additionalProperties": False,
}
_GRID = {
    "type": "object",
    "required": ["h", "w", "x", "y"],
    "properties": {
        "h": {"type": "integer", "minimum": 1},
        "w": {"type": "integer", "minimum": 1, "maximum": 24},
        "x": {"type": "integer", "minimum": 0, "maximum": 23},
        "y": {"type": "integer", "minimum": 0},
    },
    "additionalProperties": False,
}
_TARGET = {
    "type": "object",
    "required": ["datasource", "expr", "legendFormat", "refId"],
    "properties": {
        "datasource": _DATASOURCE,
        "expr": _TEXT,
        "legendFormat": _TEXT,
        "refId": {"type": "string", "pattern": "^[A-Z]$"},
        "editorMode": {"enum": ["code", "builder"]},
        "range": {"type": "boolean"},
        "instant": {"type": "boolean"},
    },
    "additionalProperties": False,
}
_ROW = {
    "type": "object",
    "required": ["id", "type", "title", "collapsed", "gridPos", "panels"],
    "properties": {
        "id": {"type": "integer", "minimum": 1},
        "type": {"const": "row"},
        "title": _TEXT,
        "collapsed": {"type": "boolean"},
        "gridPos": _GRID,
        "panels": {"type": "array", "maxItems": 0},
    },
    "additionalProperties": False,
}
_PANEL = {
    "type": "object",
    "required": ["id", "type", "title", "description", "datasource", "targets", "gridPos", "fieldConfig", "options"],
    "properties": {
        "id": {"type": "integer", "minimum": 1},
        "type": {"enum": ["timeseries", "stat", "bargauge"]},
        "title": _TEXT,
        "description": _TEXT,
        "datasource": _DATASOURCE,
        "gridPos": _GRID,
        "targets": {"type": "array", "minItems": 1, "items": _TARGET},
        "options": {"type": "object"},
        "fieldConfig": {
            "type": "object",
            "required": ["defaults", "overrides"],
            "properties": {
                "overrides": {"type": "array"},
                "defaults": {
                    "type": "object",
                    "required": ["unit", "color"],
                    "properties": {
                        "unit": {"enum": ["reqps", "percentunit", "s", "currencyUSD", "none", "short", "bytes"]},
                        "color": {"properties": {"mode": {"enum": ["thresholds", "palette-classic"]}}},
                        "thresholds": {
                            "type": "object",
                            "required": ["mode", "steps"],
                            "properties": {
                                "mode": {"const": "absolute"},
                                "steps": {
                                    "type": "array",
                                    "minItems": 1,
                                    "items": {
                                        "type": "object",
                                        "required": ["color", "value"],
                                        "properties": {"color": _TEXT, "value": {"type": ["number", "null"]}},
                                        "additionalProperties": False,
                                    },
                                },
                            },
                        },
                    },
                },
            },
            "additionalProperties": False,
        },
    },
    "additionalProperties": False,
}
_VARIABLE = {
    "type": "object",
    "required": ["name", "label", "type", "query", "current", "options", "hide", "refresh"],
    "properties": {
        "name": {"type": "string", "pattern": "^[a-z]+$"},
        "type": {"enum": ["query", "datasource"]},
        "refresh": {"enum": [1, 2]},
        "hide": {"enum": [0, 1, 2]},
        "multi": {"type": "boolean"},
        "includeAll": {"type": "boolean"},
    },
}
SCHEMA = {
    "type": "object",
    "required": [
        *("id", "uid", "title", "tags", "schemaVersion", "version", "editable", "graphTooltip", "timezone"),
        *("refresh", "time", "timepicker", "templating", "annotations", "panels", "links", "__inputs", "__requires"),
    ],
    "properties": {
        "id": {"type": "null"},  # Grafana gives it one
        "uid": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,40}$"},
        "title": _TEXT,
        "tags": {"type": "array", "items": _TEXT},
        "schemaVersion": {"type": "integer", "minimum": 36},  # that of Grafana 10
        "graphTooltip": {"enum": [0, 1, 2]},
        "timezone": {"enum": ["", "browser", "utc"]},
        "refresh": {"type": "string", "pattern": r"^\d+[smh]$"},
        "time": {"required": ["from", "to"], "properties": {"from": _TEXT, "to": _TEXT}},
        "templating": {"required": ["list"], "properties": {"list": {"type": "array", "items": _VARIABLE}}},
        "annotations": {"required": ["list"], "properties": {"list": {"type": "array"}}},
        "panels": {
            "type": "array",
            "items": {"if": {"properties": {"type": {"const": "row"}}}, "then": _ROW, "else": _PANEL},
        },
        "__inputs": {"type": "array", "items": {"required": ["name", "label", "type", "pluginId", "pluginName"]}},
        "__requires": {"type": "array", "items": {"required": ["type", "id", "name", "version"]}},
    },
}


def panels() -> list[dict[str, Any]]:
    return [one for one in DASHBOARD["panels"] if one["type"] != "row"]


def queries() -> Iterator[tuple[str, str]]:
    for panel in panels():
        for target in panel["targets"]:
            yield panel["title"], target["expr"]
    for variable in DASHBOARD["templating"]["list"]:
        if variable["type"] == "query":
            yield variable["name"], variable["query"]["query"]


def test_it_is_a_dashboard_by_grafanas_model() -> None:
    jsonschema.Draft202012Validator(SCHEMA).validate(DASHBOARD)


def test_ids_are_unique_and_panels_do_not_overlap() -> None:
    ids = [one["id"] for one in DASHBOARD["panels"]]
    assert len(set(ids)) == len(ids)
    taken: set[tuple[int, int]] = set()
    for place in (one["gridPos"] for one in DASHBOARD["panels"]):
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert not cells & taken and place["x"] + place["w"] <= 24
        taken |= cells


def test_every_panel_type_it_has_is_among_those_it_says_it_needs() -> None:
    needed = {one["id"] for one in DASHBOARD["__requires"] if one["type"] == "panel"}
    assert needed == {one["type"] for one in panels()}


@pytest.mark.parametrize(("where", "query"), list(queries()))
def test_every_query_asks_for_what_is_served_by_labels_that_it_has(where: str, query: str) -> None:
    bare = re.sub(r'"[^"]*"', '""', query)
    assert bare.count("(") == bare.count(")") and bare.count("{") == bare.count("}")
    names = set(re.findall(r"\b(switchboard_\w+|process_\w+)", bare))
    assert names and names <= SERVED | OF_PYTHON, where
    by_series = {series: family for family in families.FAMILIES for series in family.series}
    for name, matchers in re.findall(r"\b(switchboard_\w+)\{([^}]*)\}", bare):
        asked = set(re.findall(r"(\w+)\s*[=!]", matchers))
        assert asked <= {*by_series[name].labels, "instance", "job", "le"}, where
    counters = {series for family in families.FAMILIES if family.kind != families.GAUGE for series in family.series}
    for name in names & counters:
        variable = query.startswith("label_values(")
        assert variable or re.search(rf"(rate|increase)\({name}\b", bare), f"{where}: a counter is asked for its rate"
    assert all(not re.search(rf"rate\({name}\b", bare) for name in names - counters - OF_PYTHON), where


def test_every_variable_it_uses_is_defined() -> None:
    defined = {one["name"] for one in DASHBOARD["templating"]["list"]} | {"DS_PROMETHEUS"}
    used = set(re.findall(r"\$\{?([A-Za-z_]+)", TEXT)) - {"__rate_interval", "__all"}
    assert used <= defined


def test_it_shows_every_figure_of_the_cluster_and_what_matters_of_a_process() -> None:
    shown = " ".join(query for _, query in queries())
    left_out = {family.name for family in families.FAMILIES if not any(name in shown for name in family.series)}
    assert left_out == {
        "switchboard_team_requests",
        "switchboard_provider_log_lost",
        "switchboard_cluster_figures_age_seconds",
    }
