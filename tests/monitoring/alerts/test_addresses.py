"""Which addresses a channel may have."""

from __future__ import annotations

import asyncio

import pytest
from django.core.exceptions import ValidationError

from monitoring.alerts import addresses
from monitoring.alerts.outcome import NotSent, TryAgain
from monitoring.models.alert_channel import shown


@pytest.mark.parametrize(
    "text",
    [
        "https://hooks.slack.com/services/T0/B0/x",
        "https://prod-1.westeurope.logic.azure.com:443/workflows/a/triggers/manual/paths/invoke?api-version=2016&sig=a%2Fb",
        "http://pager:8080/in",
        "http://127.0.0.1:9000/x",
        "http://10.0.0.7/x",
        "https://[2001:db8::1]/x",
    ],
)
def test_what_a_base_url_may_be_a_webhook_may_be_too_and_have_a_query(text: str) -> None:
    assert addresses.webhook(f"  {text} ") == text


@pytest.mark.parametrize(
    "text",
    [
        "", "hooks.slack.com/x", "ftp://a/b", "https://", "https://u:s3cr3t@host/x", "https://host/a b", "https://host/x#y",
        "https://host/x?a=b#c", "https://host:99999/", "https://höst/", "javascript:alert(1)",
        "http://169.254.169.254/latest/meta-data", "http://169.254.170.2/v2", "http://[fe80::1]/", "http://[fd00:ec2::254]/",
        "http://[::ffff:169.254.169.254]/", "http://metadata.google.internal/x", "http://METADATA.google.internal./x",
        "http://100.100.100.200/", "http://0.0.0.0/", "http://[::]/", "http://224.0.0.1/",
    ],
)  # fmt: skip
def test_what_is_none_or_belongs_to_the_machine_itself_is_refused_and_never_repeated(text: str) -> None:
    with pytest.raises(ValidationError) as refused:
        addresses.webhook(text)
    assert "s3cr3t" not in str(refused.value) and "latest" not in str(refused.value)


def test_a_name_is_looked_up_when_it_is_used() -> None:
    asyncio.run(addresses.check_now("http://127.0.0.1:9/x"))
    with pytest.raises(TryAgain):
        asyncio.run(addresses.check_now("http://no-such-host.invalid/x"))
    with pytest.raises(NotSent):
        asyncio.run(addresses.check_now("http://2852039166/x"))  # 169.254.169.254 as one number


def test_receivers_are_checked_one_by_one() -> None:
    assert addresses.receivers("a@example.org; b@example.org,\na@example.org") == "a@example.org, b@example.org"
    for wrong in ("", "ada", "a@example.org, b@", "a@example.org\nBcc: x@example.org y", ", ".join(["a@b.cd"] * 51)):
        with pytest.raises(ValidationError):
            addresses.receivers(wrong)


def test_what_is_shown_of_an_address_tells_no_secret() -> None:
    assert shown("slack", "https://hooks.slack.com/services/T0/B0/secret?sig=x") == "hooks.slack.com"
    assert shown("email", "ada@example.org, bob@example.com") == "a…@example.org, b…@example.com"
    assert shown("webhook", "http://[broken") == ""
