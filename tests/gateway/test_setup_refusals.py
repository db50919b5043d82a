"""A refused host or origin says which variable to set."""

from __future__ import annotations

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def test_a_refused_host_is_told_about_allowed_hosts(client: Client) -> None:
    answer = client.get("/admin/login/", headers={"host": "box.lan:4000"})
    assert answer.status_code == 400
    assert "ALLOWED_HOSTS=" in answer.text
    assert ",box.lan</pre>" in answer.text


def test_a_host_that_is_no_name_is_shown_harmlessly_and_not_advised(client: Client) -> None:
    answer = client.get("/admin/login/", headers={"host": "<script>alert(1)</script>"})
    assert answer.status_code == 400
    assert "<script>" not in answer.text
    assert "ALLOWED_HOSTS=" not in answer.text


@pytest.mark.parametrize(
    ("headers", "secure"),
    [({"origin": "https://proxy.test"}, False), ({"referer": "https://proxy.test/admin/login/"}, True)],
)
def test_a_refused_origin_is_told_about_csrf_trusted_origins(headers: dict[str, str], secure: bool) -> None:
    client = Client(enforce_csrf_checks=True, headers={"host": "localhost"})
    client.get("/admin/login/", secure=secure)
    answer = client.post("/admin/login/", {"username": "admin"}, headers=headers, secure=secure)
    assert answer.status_code == 403
    assert "CSRF_TRUSTED_ORIGINS=https://proxy.test" in answer.text


def test_a_form_without_its_cookie_is_told_to_load_again() -> None:
    client = Client(enforce_csrf_checks=True, headers={"host": "localhost"})
    answer = client.post("/admin/login/", {"username": "admin"})
    assert answer.status_code == 403
    assert "load the page again" in answer.text
    assert "CSRF_TRUSTED_ORIGINS" not in answer.text
