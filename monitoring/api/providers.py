"""Providers as they are set up: the list, changing, testing, and their models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from monitoring.api.audit import changed, who
from monitoring.api.base import MonitoringView, answer, read_body
from monitoring.api.documented import CONFIGURE, told
from monitoring.api.keyset import page
from monitoring.api.params import ModelParams, ProviderParams, read
from monitoring.api.shapes_providers import ConfigChange, ConfigChanged, ModelPage, ProviderPage, Tested
from providers import actions
from providers.actions_config import SECONDS, WHOLE
from providers.compiling import compile_provider
from providers.crypto import WrongKey
from providers.env import Overlay, dispatch_in_force, overlay
from providers.environment import environ
from providers.facts import ABILITIES, UNKNOWN_FACTS, Capabilities, ModelFacts
from providers.models import Model, Provider
from providers.overview import Glance, glance, overview


class ProviderList(MonitoringView):
    @told(
        "listProviders",
        "Providers",
        "Every provider there is, by name. What belongs to no team (configuration, tokens, tests) is null for members "
        "of teams and for keys of a team.",
        tag=CONFIGURE,
        returns=ProviderPage,
        params=ProviderParams,
    )
    def get(self, request: Request) -> Response:
        given = read(request, ProviderParams)
        variables = environ()
        glances = overview(variables, now=timezone.now())
        rows = Provider.objects.select_related("state")
        if given["vendor"]:
            rows = rows.filter(vendor=given["vendor"])
        if given["search"]:
            rows = rows.filter(name__icontains=given["search"])
        if given["enabled"] is not None:
            rows = rows.filter(pk__in=[pk for pk, one in glances.items() if one.enabled == given["enabled"]])
        found, following = page(rows, by="name", cursor=given["cursor"], limit=given["limit"])
        data = [
            provider_row(row, glances[row.pk], variables, everything=self.viewer.everything)
            for row in found
            if row.pk in glances  # made since
        ]
        return answer(ProviderPage, {"data": data, "next": following})


class ChangeConfig(MonitoringView):
    needs = "providers.change_provider"
    for_everything = True

    @told(
        "configureProvider",
        "Change a provider",
        "Takes over the fields that are sent, all or none. What the environment sets is refused with 409 "
        "(`set_by_environment`) and names the variable. Tokens are no part of the configuration.",
        tag=CONFIGURE,
        returns=ConfigChanged,
        takes=ConfigChange,
        asked={"dispatch": "pooled", "priority": 10, "settings": {"organization": "org-1"}},
        named=True,
        errors=(409,),
    )
    def post(self, request: Request, name: str) -> Response:
        changes = read_body(request, None, optional=True)
        provider = actions.find_provider(name)
        names = actions.configure(provider, changes, environ(), by=who(self.viewer))
        if names:
            changed(self.viewer, provider, f"Changed {', '.join(names)}.")
        provider = Provider.objects.get(pk=provider.pk)
        shown = glance(provider, environ(), now=timezone.now())
        body = {"provider": provider.name, "changed": names, "config": config_of(provider, shown, environ())}
        return answer(ConfigChanged, body)


class ProviderTest(MonitoringView):
    needs = "providers.change_provider"
    for_everything = True

    @told(
        "testProvider",
        "Test a provider",
        "Asks the vendor with each token in use, now and free of cost, and writes down what came out. Takes up to half "
        "a minute. No body is needed.",
        tag=CONFIGURE,
        returns=Tested,
        named=True,
        errors=(409,),
    )
    def post(self, request: Request, name: str) -> Response:
        read_body(request, (), optional=True)
        provider = actions.find_provider(name)
        found = actions.test(provider)
        changed(self.viewer, provider, "Tested.")
        told = [one.ok for one in found]
        ok = True if True in told else False if False in told else None
        return answer(Tested, {"provider": provider.name, "ok": ok, "tests": [one._asdict() for one in found]})


class ModelList(MonitoringView):
    @told(
        "listModels",
        "Models of a provider",
        "Its catalogue, by id: what is known of each model. null is unknown, never no.",
        tag=CONFIGURE,
        returns=ModelPage,
        params=ModelParams,
        named=True,
    )
    def get(self, request: Request, name: str) -> Response:
        given = read(request, ModelParams)
        provider = actions.find_provider(name)
        rows = Model.objects.filter(provider=provider, **dict.fromkeys(given["can"], True))
        if given["enabled"] is not None:
            rows = rows.filter(enabled=given["enabled"])
        if given["search"]:
            rows = rows.filter(model_id__icontains=given["search"])
        found, following = page(rows, by="model_id", cursor=given["cursor"], limit=given["limit"])
        facts = _facts(provider)
        data = [model_row(row, provider.name, facts.get(row.model_id, UNKNOWN_FACTS)) for row in found]
        return answer(ModelPage, {"data": data, "next": following})


def provider_row(row: Provider, shown: Glance, variables: Mapping[str, str], *, everything: bool) -> dict[str, Any]:
    vendor, state = row.facts, getattr(row, "state", None)
    test = {"at": state.tested_at, "ok": state.ok, "message": state.message} if state is not None else None
    return {
        "name": row.name,
        "vendor": row.vendor,
        "vendor_name": vendor.name if vendor else row.vendor,
        "kind": vendor.kind if vendor else "",
        "enabled": shown.enabled,
        "status": shown.status.word,
        "models": shown.models,
        "reason": shown.status.reason if everything else None,
        "config": config_of(row, shown, variables) if everything else None,
        "tokens": shown.tokens if everything else None,
        "last_test": test if everything else None,
    }


def config_of(row: Provider, shown: Glance, variables: Mapping[str, str]) -> dict[str, Any]:
    """No secret is in it."""
    vendor = row.facts
    over = overlay(row.name, vendor, variables) if vendor else Overlay()
    declared = vendor.settings if vendor else ()
    secret: Mapping[str, str] = row.secret_settings  # the stubs see its column
    return {
        **{name: getattr(row, name) for name in (*WHOLE, *SECONDS, "dispatch", "base_url")},
        "dispatch_in_force": dispatch_in_force(over, row.dispatch, row.usual_dispatch),
        "base_url_in_force": shown.base_url,
        "proxy_set": bool(row.proxy),
        "settings": {one.name: str(row.settings.get(one.name, "")) for one in declared if not one.secret},
        "secret_settings_set": {one.name: bool(secret.get(one.name)) for one in declared if one.secret},
        "set_by_environment": dict(over.variables),
    }


def model_row(row: Model, provider: str, facts: ModelFacts) -> dict[str, Any]:
    known = facts.capabilities if facts is not UNKNOWN_FACTS else Capabilities()
    return {
        "id": row.model_id,
        "provider": provider,
        "mode": row.mode,
        "enabled": row.enabled,
        "context_window": row.context_window,
        "max_output": row.max_output,
        "dimensions": row.dimensions,
        "capabilities": {**{name: getattr(row, name) for name in ABILITIES}, "embeddings": known.embeddings},
        "price": facts.price,
        "source": row.source,
        "seen_at": row.seen_at,
    }


def _facts(provider: Provider) -> Mapping[str, ModelFacts]:
    """Of its enabled models, as calls know them; none where its row cannot be read."""
    try:
        return compile_provider(provider.pk, environ()).facts
    except (WrongKey, Provider.DoesNotExist):
        return {}
