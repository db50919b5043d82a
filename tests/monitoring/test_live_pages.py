"""The pages around the socket: who sees which, and what they may run."""

from __future__ import annotations

import re

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from gateway.models import Team
from tests.monitoring.live_cast import person

pytestmark = pytest.mark.django_db


def test_the_page_asks_to_sign_in(client: Client) -> None:
    response = client.get("/live/")
    assert (response.status_code, response.headers["Location"]) == (302, "/live/login/?next=/live/")


def test_a_member_who_is_no_staff_signs_in_and_sees_the_page(client: Client) -> None:
    person("bob", teams=[Team.objects.create(name="blue")], password="correct horse")
    response = client.post("/live/login/", {"username": "bob", "password": "correct horse"}, follow=True)
    assert response.redirect_chain == [("/live/", 302)]
    assert response.status_code == 200
    assert "/admin/" not in response.content.decode()


def test_staff_get_links_to_the_admin(client: Client) -> None:
    client.force_login(person("ada", staff=True))
    assert "/admin/monitoring/requestlog/{id}/change/" in client.get("/live/").content.decode()


def test_who_belongs_to_no_team_is_told_so(client: Client) -> None:
    client.force_login(person("eve"))
    response = client.get("/live/")
    assert response.status_code == 403
    assert "belong to no team" in response.content.decode()


def test_a_wrong_password_is_told_on_the_page(client: Client) -> None:
    person("bob", password="correct horse")
    response = client.post("/live/login/", {"username": "bob", "password": "wrong"})
    assert (response.status_code, 'role="alert"' in response.content.decode()) == (200, True)


def test_signing_in_leads_nowhere_else(client: Client) -> None:
    person("bob", password="correct horse")
    answers = {"username": "bob", "password": "correct horse", "next": "https://evil.example/"}
    assert client.post("/live/login/", answers).headers["Location"] == "/live/"


def test_signing_out_needs_a_post_and_ends_the_session(client: Client) -> None:
    client.force_login(person("ada", staff=True))
    assert client.get("/live/logout/").status_code == 405
    client.post("/live/logout/")
    assert client.get("/live/").status_code == 302


def test_no_page_may_run_anything_but_our_own_files(client: Client) -> None:
    client.force_login(person("ada", staff=True))
    for address in ["/live/", "/live/login/"]:
        response = client.get(address)
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        html = response.content.decode()
        assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|style=", html)


def test_every_static_file_the_pages_name_exists(client: Client) -> None:
    client.force_login(person("ada", staff=True))
    named = re.findall(r'"/static/([^"]+)"', client.get("/live/").content.decode())
    assert len(named) >= 4
    assert [name for name in named if finders.find(name) is None] == []
