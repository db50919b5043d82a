"""Providers compiled from the database and the environment: immutable, ready for calls without a query."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from providers import env
from providers.canonical import NOTHING, Target
from providers.http import Timeouts
from providers.models import Model, Provider, Token
from providers.vendors import LocalAnswer, Vendor
from providers.wires import Wire, wire

USER_AGENT = "Switchboard"
HOP_HEADER = "x-switchboard-hop"


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledToken:
    """``auth`` are the request headers that carry the secret; an anonymous token has none and id 0."""

    id: int
    fingerprint: str = ""
    label: str = ""
    auth: tuple[tuple[str, str], ...] = field(default=(), repr=False)


ANONYMOUS = CompiledToken(id=0)


@dataclass(frozen=True, kw_only=True)
class CompiledProvider:
    """One provider as calls use it. ``problem`` says in words why it cannot be called; "" if it can."""

    id: int
    name: str
    vendor: Vendor
    wire: Wire
    enabled: bool
    base_url: str = ""
    settings: Mapping[str, str] = field(default_factory=dict, repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    timeouts: Timeouts = Timeouts()
    proxy: str = field(default="", repr=False)
    priority: int = 100
    tokens: tuple[CompiledToken, ...] = ()
    models: frozenset[str] = frozenset()
    default_model: str | None = None
    problem: str = ""

    @property
    def answers(self) -> LocalAnswer | None:
        return self.vendor.answers

    @property
    def active(self) -> bool:
        return self.enabled and not self.problem

    @cached_property
    def may_lead_back(self) -> bool:
        """Whether the address is somebody's own: it might be ours, and the call carries how often it was passed on."""
        return self.base_url != self.vendor.base_url

    def target(self, model: str) -> Target:
        return Target(provider=self.name, model=model, vendor=self.vendor, settings=self.settings)

    @cached_property
    def prefixes(self) -> tuple[str, ...]:
        """What an explicit model name may begin with, folded (small letters, ``-`` for ``_``)."""
        named = [f"ext-{self.name}-", f"{self.name}:", f"{self.name}/"]
        own = self.vendor.prefixes if self.name == self.vendor.slug else ()
        return tuple(dict.fromkeys(fold_name(prefix) for prefix in (*named, *own)))


def fold_name(name: str) -> str:
    """``-`` and ``_`` are one, and so are capitals and small letters, in prefixes and provider names."""
    return name.lower().replace("_", "-")


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """All providers, with the indexes that names are looked up in."""

    providers: Mapping[str, CompiledProvider] = field(default_factory=dict)

    @cached_property
    def by_id(self) -> Mapping[int, CompiledProvider]:
        return {provider.id: provider for provider in self.providers.values()}

    @cached_property
    def by_model(self) -> Mapping[str, tuple[CompiledProvider, ...]]:
        """Exact model id → the active providers that have it, lowest priority number first."""
        found: dict[str, list[CompiledProvider]] = {}
        for provider in sorted(self.providers.values(), key=lambda one: (one.priority, one.name)):
            if provider.active:
                for model in provider.models:
                    found.setdefault(model, []).append(provider)
        return {model: tuple(providers) for model, providers in found.items()}

    @cached_property
    def by_prefix(self) -> Mapping[str, CompiledProvider]:
        """Folded prefix → provider, disabled ones too: an explicit name always means that provider."""
        found: dict[str, CompiledProvider] = {}
        for provider in sorted(self.providers.values(), key=lambda one: one.name):
            for prefix in provider.prefixes:
                found.setdefault(prefix, provider)
        return found

    def patched(self, changed: Iterable[CompiledProvider], gone: Iterable[int]) -> Catalogue:
        """A new catalogue with some providers replaced or taken out."""
        lost = set(gone)
        kept = {one.name: one for one in self.providers.values() if one.id not in lost}
        for provider in changed:
            old = self.by_id.get(provider.id)
            if old is not None:
                kept.pop(old.name, None)
            kept[provider.name] = provider
        return Catalogue(providers=kept)


def compile_catalogue(environ: Mapping[str, str]) -> Catalogue:
    return Catalogue(providers={one.name: one for one in compile_providers(environ)})


def compile_provider(provider_id: int, environ: Mapping[str, str]) -> CompiledProvider:
    """One provider from its row. Raises ``Provider.DoesNotExist``."""
    for compiled in compile_providers(environ, ids=[provider_id]):
        return compiled
    raise Provider.DoesNotExist(f"no provider {provider_id}")


def compile_providers(environ: Mapping[str, str], *, ids: Iterable[int] | None = None) -> list[CompiledProvider]:
    """Providers from their rows in three queries; a row whose vendor file is gone is left out."""
    rows = Provider.objects.all() if ids is None else Provider.objects.filter(pk__in=list(ids))
    found = list(rows)
    pks = [row.pk for row in found]
    tokens: dict[int, list[Token]] = {}
    for token in Token.objects.filter(provider_id__in=pks).order_by("id"):
        tokens.setdefault(token.provider_id, []).append(token)
    models: dict[int, list[str]] = {}
    pairs = Model.objects.filter(provider_id__in=pks, enabled=True).values_list("provider_id", "model_id")
    for provider_id, model_id in pairs:
        models.setdefault(provider_id, []).append(model_id)
    return [
        _compile(row, row.facts, tokens.get(row.pk, []), models.get(row.pk, []), environ)
        for row in found
        if row.facts is not None
    ]


def _compile(
    row: Provider, facts: Vendor, tokens: list[Token], models: list[str], environ: Mapping[str, str]
) -> CompiledProvider:
    over = env.overlay(row.name, facts, environ)
    base_url = (over.base_url or row.base_url or facts.base_url or "").rstrip("/")
    settings = {setting.name: setting.default for setting in facts.settings if setting.default}
    settings |= {name: str(value) for name, value in {**row.settings, **row.secret_settings}.items() if value}
    settings |= over.settings
    compiled = tuple(_compile_token(token, facts) for token in tokens if token.enabled)
    if not tokens and _needs_no_token(facts):
        compiled = (ANONYMOUS,)  # not where every token is disabled: that must stop calls, not bare them
    enabled = row.enabled if over.enabled is None else over.enabled
    return CompiledProvider(
        id=row.pk,
        name=row.name,
        vendor=facts,
        wire=wire(facts.wire),
        enabled=enabled,
        base_url=base_url,
        settings=settings or NOTHING,
        headers=_headers(facts, settings),
        timeouts=Timeouts(row.connect_timeout, row.first_byte_timeout, row.silence_timeout, row.total_timeout),
        proxy=row.proxy or "",
        priority=row.priority,
        tokens=compiled,
        models=frozenset(models) | ({over.model} if over.model else frozenset()),
        default_model=over.model or facts.default_model,
        problem=_problem(facts, base_url, settings, _no_token(tokens, compiled), over.errors),
    )


def _compile_token(token: Token, facts: Vendor) -> CompiledToken:
    return CompiledToken(
        id=token.pk,
        fingerprint=token.fingerprint,
        label=token.label or token.env_name,
        auth=facts.auth.headers(token.secret),
    )


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
    settings: Mapping[str, str],
    no_token: str,
    env_errors: tuple[str, ...],
) -> str:
    """Why the provider cannot be called, in words for an admin; "" if it can."""
    if env_errors:
        return " ".join(env_errors)
    if not base_url and facts.answers is None:
        return "It has no base URL."
    missing = [setting.label for setting in facts.settings if setting.required and not settings.get(setting.name)]
    if missing:
        return f"Not set: {', '.join(missing)}."
    return no_token


def _no_token(rows: list[Token], compiled: tuple[CompiledToken, ...]) -> str:
    if compiled:
        return ""
    return "All its tokens are disabled." if rows else "It has no token."
