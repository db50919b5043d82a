"""Shapes of providers, their configuration, models and tokens."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from monitoring.api.shapes import Flag, Moment, Number, Shape, Text, Whole, maybe, one_of, page_of, rows, words
from providers.models import Model, Provider, Token, TokenState

TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}


@extend_schema_field(TEXTS)
class Texts(serializers.DictField):
    """Name → text."""


@extend_schema_field({"type": "object", "additionalProperties": {"type": "boolean"}})
class Flags(serializers.DictField):
    """Name → whether."""


@extend_schema_field({"type": "object", "additionalProperties": {"type": ["string", "null"], "maxLength": 2000}})
class GivenSettings(serializers.DictField):
    """Name → text; null clears it."""


class Config(Shape):
    """What the row says; ``in_force`` is what the environment makes of it. Secrets are told as set or not set."""

    dispatch = one_of(Provider.Dispatch.choices)
    dispatch_in_force = one_of(Provider.Dispatch.choices)
    base_url = words("Empty: the vendor's own.")
    base_url_in_force = words("The address that is called.")
    priority, weight = Whole(), Whole()
    max_in_flight = maybe(Whole, "Calls at once from one process; null: no limit.")
    smallest_pool = Whole()
    connect_timeout, first_byte_timeout = Number(help_text="Seconds."), Number(help_text="Seconds.")
    silence_timeout, total_timeout = Number(help_text="Seconds."), Number(help_text="Seconds.")
    proxy_set = Flag()
    settings = Texts(help_text="The vendor's settings that are no secrets.")
    secret_settings_set = Flags(help_text="Which of its secret settings are set.")
    set_by_environment = Texts(help_text="Field or setting → the variable that sets it, and keeps it from this API.")


class TokenCounts(Shape):
    """Each token is counted once."""

    healthy, resting, suspended, retired, disabled, total = Whole(), Whole(), Whole(), Whole(), Whole(), Whole()


class LastTest(Shape):
    at = maybe(Moment)
    ok = maybe(Flag, "null: a test cannot tell.")
    message = words()


class ProviderRow(Shape):
    """``reason``, ``config``, ``tokens`` and ``last_test`` are null for who does not see everything."""

    name = Text(help_text="Used in model prefixes, environment variables and API paths.")
    vendor = Text()
    vendor_name = Text()
    kind = words("cloud, local, aggregator, platform or simulation.")
    enabled = Flag()
    status = Text(help_text="active, disabled, not configured, misconfigured, resting, failing, shut down …")
    models = Whole(help_text="Enabled models.")
    reason = maybe(Text, "The status in a sentence.", allow_blank=True)
    config = Config(allow_null=True)
    tokens = TokenCounts(allow_null=True)
    last_test = LastTest(allow_null=True)


ProviderPage = page_of(ProviderRow, "ProviderPage")


class ConfigChange(Shape):
    """Some fields; what is left out stays. Names of the vendor's settings may stand beside them too."""

    enabled = Flag(required=False, help_text="false: off. true: its usual mode, or the one it has.")
    dispatch = one_of(Provider.Dispatch.choices, required=False)
    base_url = maybe(Text, "null or empty: the vendor's own.", required=False, allow_blank=True, max_length=500)
    priority = maybe(Whole, required=False, min_value=0, max_value=2**31 - 1)
    weight = maybe(Whole, required=False, min_value=1, max_value=1000)
    max_in_flight = maybe(Whole, "null: no limit.", required=False, min_value=1, max_value=2**31 - 1)
    smallest_pool = maybe(Whole, required=False, min_value=0, max_value=32_767)
    connect_timeout = maybe(Number, "Seconds.", required=False, min_value=0.1, max_value=2**31 - 1)
    first_byte_timeout = maybe(Number, "Seconds.", required=False, min_value=0.1, max_value=2**31 - 1)
    silence_timeout = maybe(Number, "Seconds.", required=False, min_value=0.1, max_value=2**31 - 1)
    total_timeout = maybe(Number, "Seconds.", required=False, min_value=0.1, max_value=2**31 - 1)
    proxy = maybe(
        Text,
        "http://… or socks5://…, may hold a user and password. Stored encrypted, never shown again; null clears it.",
        required=False,
        allow_blank=True,
    )
    settings = GivenSettings(required=False, allow_null=True, help_text="Secret ones go inward only. null clears one.")


class ConfigChanged(Shape):
    provider = Text()
    changed = serializers.ListField(child=Text(), help_text="The fields and settings that have another value now.")
    config = Config()


class TestResult(Shape):
    token = words("Fingerprint; empty: it is called without a token.")
    ok = maybe(Flag, "null: a test cannot tell.")
    status = Whole(help_text="The vendor's HTTP status; 0: none came.")
    message = words()
    latency_ms = Whole()


class Tested(Shape):
    provider = Text()
    ok = maybe(Flag, "true: at least one token works. null: no test could tell.")
    tests = rows(TestResult)


class Capabilities(Shape):
    """null is unknown, never no."""

    vision, tools, reasoning = maybe(Flag), maybe(Flag), maybe(Flag)
    structured_output, audio, streaming = maybe(Flag), maybe(Flag), maybe(Flag)
    embeddings = maybe(Flag)


class Price(Shape):
    """US dollars for a million units; ``request`` for one request or search. null is unknown, never 0."""

    input, output, cached_input, cache_write = maybe(Number), maybe(Number), maybe(Number), maybe(Number)
    reasoning, audio_input, audio_output, request = maybe(Number), maybe(Number), maybe(Number), maybe(Number)
    unit = Text()
    source = Text(help_text="Whose price it is: admin, vendor, shipped or genai-prices.")


class ModelRow(Shape):
    id = Text(help_text="The vendor's own id.")
    provider = Text()
    mode = one_of(Model.Mode.choices)
    enabled = Flag()
    context_window, max_output, dimensions = maybe(Whole), maybe(Whole), maybe(Whole)
    capabilities = Capabilities()
    price = Price(allow_null=True)
    source = one_of(Model.Source.choices)
    seen_at = maybe(Moment, "When it was last in the vendor's list.")


ModelPage = page_of(ModelRow, "ModelPage")


class Limits(Shape):
    max_in_flight, requests_per_minute, usage_per_minute = maybe(Whole), maybe(Whole), maybe(Whole)


class QuotaShape(Shape):
    """What the vendor last told of its limits; null where it does not tell."""

    requests_left, requests_limit = maybe(Whole), maybe(Whole)
    usage_left, usage_limit = maybe(Whole), maybe(Whole)
    resets_at = maybe(Moment)

    class Meta:
        ref_name = "Quota"


class TokenRow(Shape):
    """A token, by its fingerprint. Its secret is in no answer."""

    id = Whole()
    provider = Text()
    fingerprint = Text(help_text="The first ten hexadecimal digits of its SHA-256.")
    label = words()
    source = one_of(Token.Source.choices)
    variable = words("The environment's variable it comes from.")
    enabled = Flag()
    health = one_of(TokenState.Health.choices)
    reason = words("Why it rests or is out.")
    resting_until, probation_at, expires_at = maybe(Moment), maybe(Moment), maybe(Moment)
    last_used_at, tested_at = maybe(Moment), maybe(Moment)
    requests, failures = Whole(), Whole()
    limits = Limits()
    quota = QuotaShape()
    created_at = Moment()
    rotated_at = maybe(Moment, "When it got another secret.")


TokenPage = page_of(TokenRow, "TokenPage")


class Rotation(Shape):
    fingerprint = Text(required=False, max_length=16, help_text="Which token; without it the one used last.")
    seconds = Number(
        required=False, min_value=1, max_value=86_400, help_text="How long it rests; without it TOKEN_COOLDOWN."
    )


class Rotated(Shape):
    """``token`` rests; the others of the pool answer."""

    provider = Text()
    token = TokenRow()
