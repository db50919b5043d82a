"""The mail server out of one address."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from gateway.mail import mail_server


def test_address_port_user_password_and_encryption_are_read() -> None:
    found = mail_server("smtp+tls://me:p%40ss@mail.example.org:587")
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"]) == ("mail.example.org", 587)
    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == ("me", "p@ss")
    assert found["EMAIL_USE_TLS"] and "EMAIL_USE_SSL" not in found
    assert mail_server("smtp+ssl://mail.example.org:465")["EMAIL_USE_SSL"]


@pytest.mark.parametrize(
    "url", ["http://me:hidden@x", "smtp://:hidden@", "mail.example.org", "smtp://me:hidden@h:99999999"]
)
def test_what_is_no_server_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL") as told:
        mail_server(url)
    assert "hidden" not in str(told.value)
