"""docs/monitoring-api.md says what the schema says, with the same examples; and the pages that show the schema."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from gateway.models import ApiKey
from monitoring.api.examples import EXAMPLES
from tests.monitoring.api.cast import Cast, code_of, person
from tests.monitoring.api.test_access import CHANGES
from tests.monitoring.api.test_schema import OURS, document

PAGE = (Path(__file__).parents[3] / "docs" / "monitoring-api.md").read_text()


def test_each_endpoint_stands_on_the_page_and_no_other() -> None:
    told = set(re.findall(r"^### `(GET|POST) (\S+)`$", PAGE, flags=re.MULTILINE))
    real = {
        (method.upper(), path.replace("{name}", "<name>"))
        for path, operations in document()["paths"].items()
        if re.match(OURS, path)
        for method in operations
    }
    assert told == real


def test_the_pages_examples_are_the_schemas() -> None:
    shown = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, flags=re.DOTALL)]
    assert shown and all(one in EXAMPLES.values() for one in shown)
    assert len(shown) == len(EXAMPLES)


def test_each_change_stands_there_with_its_permission() -> None:
    table = PAGE.split("| permission of people |")[1].split("\n\n")[0]
    for path, permission in CHANGES.items():
        row = next(one for one in table.splitlines() if path.removeprefix("/api/monitoring/providers/openai/") in one)
        assert permission in row


def test_the_schema_is_for_who_is_known_here(cast: Cast) -> None:
    reply = Client().get("/api/schema/")
    assert (reply.status_code, code_of(reply)) == (401, "invalid_api_key")
    _, secret = ApiKey.issue("any", scopes=[])
    keyed = Client(headers={"authorization": f"Bearer {secret}"}).get("/api/schema/")
    assert "/v1/chat/completions" in json.loads(keyed.content)["paths"]
    assert person("alone").get("/api/schema/?format=yaml").content.startswith(b"openapi: 3.1")


def test_the_documentation_is_a_page_of_ours_alone(cast: Cast) -> None:
    assert Client().get("/api/docs/").headers["Location"] == "/live/login/?next=%2Fapi%2Fdocs%2F"
    client = person("alone")
    for path in ("/api/docs/", "/api/docs/?script="):
        reply = client.get(path)
        assert reply.status_code == 200 and "script-src 'self';" in reply.headers["Content-Security-Policy"]
    page = client.get("/api/docs/").content.decode()
    assert "<style" not in page and " style=" not in page and "://" not in page
    assert not re.findall(r"<script(?! src=)", page)
    for file in re.findall(r'"/static/([^"]+)"', page):
        assert finders.find(file), file


@pytest.mark.parametrize("path", ["/api/docs", "/api/schema"])
def test_a_forgotten_slash_is_led_on(path: str) -> None:
    assert Client().get(path).headers["Location"] == f"{path}/"
