"""Every endpoint of the monitoring API against its own schema, with requests that schemathesis makes up: no 5xx, only
documented statuses, answers of the documented shape, and wrong keys refused."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import checks
from schemathesis.specs.openapi import checks as api_checks

from monitoring.rollups.work import roll
from providers.models import Provider
from tests.monitoring.api.cast import Cast
from tests.monitoring.api.test_access import CHANGES, EVERY_PATH, EVERYBODYS
from tests.monitoring.live_cast import log_row

OURS = r"^/(api/monitoring|providers)"
NAMES = ["openai", "Open-AI", "groq", "nobody"]
CHECKS = (
    checks.not_a_server_error,
    api_checks.status_code_conformance,
    api_checks.content_type_conformance,
    api_checks.response_headers_conformance,
    api_checks.response_schema_conformance,
    api_checks.negative_data_rejection,
    api_checks.unsupported_method,
    api_checks.ignored_auth,
)
BOUNDED = settings(
    max_examples=12,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def document() -> dict[str, Any]:
    out = io.StringIO()
    call_command("spectacular", format="openapi-json", validate=True, fail_on_warn=True, stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def lived_in(cast: Cast) -> None:
    """Rows behind every endpoint; a test of a provider finds nobody at home."""
    Provider.objects.filter(pk=cast.openai.pk).update(base_url="http://127.0.0.1:9/v1")
    log_row(provider="openai", team_id=cast.red.pk, team="red")
    roll()


@pytest.fixture
def application() -> Iterator[WSGIHandler]:
    """The site, on the test's own connection: between requests it would close that, and with it the transaction."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield WSGIHandler()
    for signal in signals:
        signal.connect(close_old_connections)


def loaded(application: WSGIHandler, secret: str) -> Any:
    """The schema of our endpoints, asked with that key as bearer; names of providers are such as there are."""
    raw = document()
    for path in raw["paths"].values():
        for operation in path.values():
            operation["security"] = [{"bearer": []}]
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "path":
                    parameter["schema"] = {"type": "string", "enum": NAMES}
    found = schemathesis.openapi.from_dict(raw)
    found.app = application
    found.config.update(headers={"Authorization": f"Bearer {secret}"})
    return found.include(path_regex=OURS)


@pytest.mark.parametrize("key", ["root", "red"])
def test_every_endpoint_keeps_its_word(key: str, cast: Cast, application: WSGIHandler, settings: Any) -> None:
    """To an admin's key, and to a team's that may watch."""
    settings.MONITORING_API_RATE = 0
    lived_in(cast)
    well: set[str] = set()
    for found in loaded(application, cast.keys[key]).get_all_operations():
        operation = found.ok()

        @BOUNDED
        @given(case=operation.as_strategy())
        def keeps(case: schemathesis.Case) -> None:
            reply = case.call()
            case.validate_response(reply, checks=list(CHECKS))
            if reply.status_code == 200:
                well.add(case.operation.path.replace("{name}", "openai"))

        keeps()
    everything = {*EVERY_PATH, *CHANGES}
    assert well == (everything if key == "root" else set(EVERYBODYS)), "each was answered at least once"


def test_the_document_is_valid_and_has_an_example_of_its_shape_for_every_answer() -> None:
    raw = document()
    for path, operations in raw["paths"].items():
        for operation in operations.values():
            for told in operation["responses"]["200"]["content"].values():
                for example in told.get("examples", {}).values():
                    schema = {**told["schema"], "components": raw["components"]}
                    jsonschema.Draft202012Validator(schema).validate(example["value"])
                    assert example["value"], path
