"""From rows and the environment to the catalogue: four queries, off the event loop, on a save and at the start."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from providers import env
from providers.canonical import NOTHING
from providers.catalogue import (
    ANONYMOUS,
    Catalogue,
    CompiledProvider,
    CompiledRole,
    CompiledToken,
    TokenLimits,
    fold_name,
)
from providers.credential import Credential
from providers.facts import compiled as compiled_facts
from providers.facts import row_prices
from providers.http import Timeouts
from providers.models import Model, Provider, Role, Token
from providers.pricing import TargetPrices
from providers.pricing.published import place
from providers.roles import ShippedRole, shipped_roles
from providers.templates import fill
from providers.vendors import Vendor
from providers.wires import Wire, wire

USER_AGENT = "Switchboard"


def compile_catalogue(environ: Mapping[str, str]) -> Catalogue:
    return Catalogue(providers={one.name: one for one in compile_providers(environ)})


def compile_provider(provider_id: int, environ: Mapping[str, str]) -> CompiledProvider:
    """One provider from its row. Raises ``Provider.DoesNotExist``."""
    for compiled in compile_providers(environ, ids=[provider_id]):
        return compiled
    raise Provider.DoesNotExist(f"no provider {provider_id}")


def compile_providers(environ: Mapping[str, str], *, ids: Iterable[int] | None = None) -> list[CompiledProvider]:
    """Providers from their rows in four queries; a row whose vendor file is gone is left out."""
    rows = Provider.objects.all() if ids is None else Provider.objects.filter(pk__in=list(ids))
    found = list(rows)
    pks = [row.pk for row in found]
    tokens: dict[int, list[Token]] = {}
    for token in Token.objects.filter(provider_id__in=pks).order_by("id"):
        tokens.setdefault(token.provider_id, []).append(token)
    models: dict[int, list[Model]] = {}
    for model in Model.objects.filter(provider_id__in=pks, enabled=True).order_by("id"):
        models.setdefault(model.provider_id, []).append(model)
    roles: dict[int, list[Role]] = {}
    for role in Role.objects.filter(provider_id__in=pks):
        roles.setdefault(role.provider_id, []).append(role)
    return [
        _compile(row, row.facts, tokens.get(row.pk, []), models.get(row.pk, []), roles.get(row.pk, []), environ)
        for row in found
        if row.facts is not None
    ]


def _compile(
    row: Provider,
    facts: Vendor,
    tokens: list[Token],
    models: list[Model],
    roles: list[Role],
    environ: Mapping[str, str],
) -> CompiledProvider:
    over = env.overlay(row.name, facts, environ)
    settings = _settings(row, facts, over)
    given_url = over.base_url or row.base_url
    base_url = _base_url(row, facts, over, settings)
    compiled = tuple(_compile_token(token, facts, settings) for token in tokens if token.enabled)
    if not tokens and _needs_no_token(facts):
        # Not where every token is disabled: that must stop calls, not bare them.
        compiled = (anonymous_token(facts, settings),)
    prices = _prices(facts, models, base_url)
    return CompiledProvider(
        id=row.pk,
        name=row.name,
        vendor=facts,
        wire=wire(_wire_name(facts, settings)),
        dispatch=env.dispatch_in_force(over, row.dispatch, row.usual_dispatch),
        base_url=base_url,
        settings=settings or NOTHING,
        headers=_headers(facts, settings),
        timeouts=Timeouts(row.connect_timeout, row.first_byte_timeout, row.silence_timeout, row.total_timeout),
        proxy=row.proxy or "",
        priority=row.priority,
        weight=row.weight,
        max_in_flight=row.max_in_flight,
        smallest_pool=row.smallest_pool,
        roles=_roles(facts, models, roles, prices, over.model),
        tokens=compiled,
        models=frozenset(one.model_id for one in models) | ({over.model} if over.model else frozenset()),
        default_model=over.model or facts.default_model,
        model_wires=_model_wires(facts, models, settings),
        facts={one.model_id: compiled_facts(one, prices[one.model_id]) for one in models},
        prices=prices,
        problem=_problem(
            facts, base_url, _missing(facts, settings, bool(given_url)), _no_token(tokens, compiled), over.errors
        ),
    )


def roles_of(row: Provider, environ: Mapping[str, str]) -> dict[str, ShippedRole]:
    """The roles a provider has without its admin's rows, by name, for people who ask where they come from."""
    facts = row.facts
    if facts is None:
        return {}
    over = env.overlay(row.name, facts, environ)
    models = list(Model.objects.filter(provider=row, enabled=True).order_by("id"))
    prices = _prices(facts, models, _base_url(row, facts, over, _settings(row, facts, over)))
    return shipped_roles(facts, models, prices, given_default=over.model)


def _settings(row: Provider, facts: Vendor, over: env.Overlay) -> dict[str, str]:
    """The vendor's defaults, under what the row says, under what the environment says."""
    settings = {setting.name: setting.default for setting in facts.settings if setting.default}
    settings |= {name: str(value) for name, value in {**row.settings, **row.secret_settings}.items() if value}
    settings.update(over.settings)
    return settings


def _base_url(row: Provider, facts: Vendor, over: env.Overlay, settings: Mapping[str, str]) -> str:
    return (over.base_url or row.base_url or fill(facts.base_url or "", settings)).rstrip("/")


def _compile_token(token: Token, facts: Vendor, settings: Mapping[str, str]) -> CompiledToken:
    plain = CompiledToken(
        id=token.pk,
        fingerprint=token.fingerprint,
        label=token.label or token.env_name,
        limits=TokenLimits(token.max_in_flight, token.requests_per_minute, token.usage_per_minute),
        expires_at=token.expires_at.timestamp() if token.expires_at else 0,
    )
    return with_secret(plain, str(token.secret), facts, settings)


def with_secret(token: CompiledToken, secret: str, facts: Vendor, settings: Mapping[str, str]) -> CompiledToken:
    """``token`` as it travels: with its headers, or with the credential they are made from."""
    headers = facts.auth.headers(secret)
    if headers is not None:
        return replace(token, auth=headers)
    return replace(token, credential=_credential(facts, secret, settings))


def anonymous_token(facts: Vendor, settings: Mapping[str, str]) -> CompiledToken:
    """The token of a vendor that needs none; one with a chain of its own (a cloud machine's role) exchanges nothing."""
    return replace(ANONYMOUS, credential=_credential(facts, "", settings)) if facts.auth.dynamic else ANONYMOUS


def _credential(facts: Vendor, secret: str, settings: Mapping[str, str]) -> Credential:
    return Credential(auth=facts.auth, secret=secret, settings=tuple(sorted(settings.items())))


def _roles(
    facts: Vendor,
    models: list[Model],
    rows: list[Role],
    prices: Mapping[str, TargetPrices],
    given_default: str | None,
) -> dict[str, CompiledRole]:
    """The admin's roles before the shipped ones."""
    shipped = shipped_roles(facts, models, prices, given_default=given_default)
    found = {fold_name(name): CompiledRole(role.model) for name, role in shipped.items()}
    return found | {fold_name(row.name): CompiledRole(row.model_id, row.filled or NOTHING) for row in rows}


def _wire_name(facts: Vendor, settings: Mapping[str, str]) -> str:
    chosen = settings.get("wire", "")
    return chosen if chosen in facts.other_wires else facts.wire


def _prices(facts: Vendor, models: list[Model], base_url: str) -> dict[str, TargetPrices]:
    where = place(facts.slug, base_url)
    shipped = {fact.id: fact for fact in facts.models}
    return {one.model_id: row_prices(one, facts, where, shipped.get(one.model_id)) for one in models}


def _model_wires(facts: Vendor, models: list[Model], settings: Mapping[str, str]) -> Mapping[str, Wire]:
    """Models of OpenAI's kind of vendor that answer on Responses only."""
    if wire(facts.wire).dialect != "openai":
        return {}
    asked = (one.model_id for one in models if one.mode == Model.Mode.RESPONSES)
    return {model: wire((facts.wire_for and facts.wire_for(model, settings)) or "responses") for model in asked}


def _headers(facts: Vendor, settings: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """What goes with every request to this provider, whoever calls."""
    fixed = {"content-type": "application/json", "accept-encoding": "identity", "user-agent": USER_AGENT}
    fixed |= {name.lower(): value for name, value in facts.headers.items()}
    for setting in facts.settings:
        if setting.header and settings.get(setting.name):
            fixed[setting.header.lower()] = settings[setting.name]
    return tuple(fixed.items())


def _needs_no_token(facts: Vendor) -> bool:
    return facts.auth.scheme == "none" or facts.auth.optional


def _problem(
    facts: Vendor,
    base_url: str,
    missing: list[str],
    no_token: str,
    env_errors: tuple[str, ...],
) -> str:
    """Why the provider cannot be called, in words for an admin; "" if it can."""
    if env_errors:
        return " ".join(env_errors)
    if not base_url and facts.answers is None:
        return "It has no base URL."
    if missing:
        return f"Not set: {', '.join(missing)}."
    return no_token


def _missing(facts: Vendor, settings: Mapping[str, str], own_address: bool) -> list[str]:
    """The labels of what is not set; what only the vendor's own address needs is not missed where there is another."""
    return [one.label for one in facts.needed(own_address=own_address) if not settings.get(one.name)]


def _no_token(rows: list[Token], compiled: tuple[CompiledToken, ...]) -> str:
    if compiled:
        return ""
    return "All its tokens are disabled." if rows else "It has no token."
