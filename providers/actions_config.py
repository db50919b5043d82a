"""Taking over single fields of a provider's row: what may be set, by which checks, and what the environment keeps.

The checks are the admin form's too: ``check_setting`` and ``stored_dispatch``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from providers import addresses
from providers.actions_refused import ActionRefused, refusal_of
from providers.crypto import WrongKey
from providers.env import Overlay, decided_by, dispatch_in_force, overlay
from providers.models import Provider, ProviderEvent
from providers.vendors import Setting, Vendor

WHOLE = ("priority", "weight", "max_in_flight", "smallest_pool")
SECONDS = ("connect_timeout", "first_byte_timeout", "silence_timeout", "total_timeout")
FIELDS = ("enabled", "dispatch", "base_url", *WHOLE, *SECONDS, "proxy", "settings")
TOKENS = frozenset({"api_key", "token", "tokens", "secret"})
LARGEST, LARGEST_SMALL = 2**31 - 1, 2**15 - 1  # what PostgreSQL's columns hold
LONGEST_SETTING = 2000
CONFIGURED = "config"  # the kind of its event


def configure(provider: Provider, changes: Mapping[str, Any], environ: Mapping[str, str], *, by: str = "") -> list[str]:
    """Takes over some of ``FIELDS`` and of the vendor's settings (in ``settings``, or beside the fields), all or none,
    and returns the names of those that changed. ``None`` sets a field back to its default and clears a setting.

    What the environment sets is refused (``set_by_environment``, naming the variable), and so is what the admin's form
    would refuse (``invalid``). ``by``: who asked, for the history."""
    vendor = provider.facts
    over = overlay(provider.name, vendor, environ) if vendor else Overlay()
    fields, settings = _split(changes, vendor)
    with transaction.atomic():
        row = _locked(provider)
        changed = [name for name, value in fields.items() if _take_field(row, name, value, over)]
        changed += [setting.name for setting, value in settings if _take_setting(row, setting, value, over)]
        if changed:
            row.save()
            _note(row, changed, by)
    return changed


def check_setting(setting: Setting, value: str) -> str:
    """A vendor's setting as it is stored. Raises ``ValidationError``, which never repeats the value."""
    value = value.strip()
    if len(value) > LONGEST_SETTING:
        raise ValidationError(f"At most {LONGEST_SETTING:,} characters.")
    if not all(sign.isprintable() for sign in value) or (setting.header and not value.isascii()):
        signs = "control characters" + (" or is not ASCII" if setting.header else "")
        raise ValidationError(f"It holds {signs}.")
    if value and setting.choices and value not in setting.choices:
        raise ValidationError(f"Use one of {', '.join(setting.choices)}.")
    return value


def stored_dispatch(over: Overlay, row: Provider, given: str) -> str:
    """What the row keeps of a mode that was chosen. What the environment alone says is not stored: with its variable
    gone, the row says again what it said."""
    in_force = dispatch_in_force(over, row.dispatch, row.usual_dispatch)
    return row.dispatch if given == in_force else given


def _split(changes: Mapping[str, Any], vendor: Vendor | None) -> tuple[dict[str, Any], list[tuple[Setting, Any]]]:
    declared = {setting.name: setting for setting in (vendor.settings if vendor else ())}
    fields = {name: value for name, value in changes.items() if name in FIELDS}
    given = fields.pop("settings", None)
    given = {} if given is None else given
    if not isinstance(given, Mapping):
        raise ActionRefused("`settings` must be an object of names and texts.", param="settings")
    named = {**{name: value for name, value in changes.items() if name not in FIELDS}, **given}
    for name in named:
        if name not in declared:
            raise _unknown(str(name), declared)
    if {"enabled", "dispatch"} <= fields.keys() and bool(fields["enabled"]) == (fields["dispatch"] == "off"):
        raise ActionRefused("`enabled` and `dispatch` contradict each other; send one of them.", param="dispatch")
    return fields, [(declared[name], value) for name, value in named.items()]


def _unknown(name: str, declared: Mapping[str, Setting]) -> ActionRefused:
    if name.lower() in TOKENS:
        return ActionRefused("Tokens are no part of the configuration: they are added by themselves.", param=name)
    settings = f"; settings of its vendor: {', '.join(declared)}" if declared else ""
    message = f"`{name[:60]}` is not known. These may be set: {', '.join(FIELDS)}{settings}."
    return ActionRefused(message, param=name[:60])


def _locked(provider: Provider) -> Provider:
    """The row as it is now. What is encrypted under a lost key cannot be kept by saving it."""
    try:
        row = Provider.objects.select_for_update().filter(pk=provider.pk).first()
    except WrongKey:
        message = f"What {provider.name} holds was encrypted under a key that is gone: see ENCRYPTION_KEYS."
        raise ActionRefused(message, code="unreadable") from None
    if row is None:
        raise ActionRefused(f"{provider.name} was deleted.", code="not_found")
    return row


def _take_field(row: Provider, name: str, value: Any, over: Overlay) -> bool:
    """Sets one field; whether that changed anything."""
    if name in ("enabled", "dispatch"):
        return _take_dispatch(row, name, value, over)
    if variable := over.variables.get(name):
        raise _environment(name, variable)
    before = getattr(row, name)
    try:
        setattr(row, name, _cleaned(row, name, value))
        row.clean_fields(exclude=[one.name for one in row._meta.fields if one.name != name])
    except ValidationError as error:
        raise refusal_of(error, param=name) from None
    return bool(before != getattr(row, name))


def _cleaned(row: Provider, name: str, value: Any) -> Any:
    if name == "base_url":
        return addresses.base_url(_text(value))
    if name == "proxy":
        return addresses.proxy(_text(value))
    field: Any = row._meta.get_field(name)
    if value is None:
        return field.get_default()
    if isinstance(value, bool):
        raise ValidationError("A number is needed.")
    try:
        cleaned = field.to_python(value)
    except OverflowError:
        raise ValidationError("This number is too large.") from None
    if isinstance(cleaned, float) and not math.isfinite(cleaned):
        raise ValidationError("A finite number is needed.")
    if isinstance(value, float) and name in WHOLE and value != cleaned:
        raise ValidationError("A whole number is needed.")
    most = LARGEST_SMALL if name == "smallest_pool" else LARGEST
    if cleaned > most:
        raise ValidationError(f"At most {most:,}.")
    return cleaned


def _text(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValidationError("A text is needed.")
    if not all(sign.isprintable() for sign in value):
        raise ValidationError("It holds control characters.")
    return value


def _take_dispatch(row: Provider, name: str, value: Any, over: Overlay) -> bool:
    mode = _mode(row, name, value, over)
    if variable := decided_by(over, mode):
        raise _environment(name, variable)
    before, row.dispatch = row.dispatch, stored_dispatch(over, row, mode)
    return before != row.dispatch


def _mode(row: Provider, name: str, value: Any, over: Overlay) -> str:
    """The dispatch mode that is wanted; ``enabled`` keeps the mode of one that is on."""
    if name == "dispatch":
        if value not in Provider.Dispatch.values:
            raise ActionRefused(f"Use one of {', '.join(Provider.Dispatch.values)}.", param=name)
        return str(value)
    if not isinstance(value, bool):
        raise ActionRefused("`enabled` is true or false.", param=name)
    if not value:
        return Provider.Dispatch.OFF.value
    now = dispatch_in_force(over, row.dispatch, row.usual_dispatch)
    return row.usual_dispatch if now == Provider.Dispatch.OFF else now


def _take_setting(row: Provider, setting: Setting, value: Any, over: Overlay) -> bool:
    if variable := over.variables.get(setting.name):
        raise _environment(setting.name, variable)
    try:
        cleaned = check_setting(setting, _text(value))
    except ValidationError as error:
        raise refusal_of(error, param=setting.name) from None
    stored: dict[str, Any] = row.secret_settings if setting.secret else row.settings
    before = stored.get(setting.name, "")
    if cleaned:
        stored[setting.name] = cleaned
    else:
        stored.pop(setting.name, None)
    return bool(before != cleaned)


def _environment(name: str, variable: str) -> ActionRefused:
    return ActionRefused(f"{variable} sets this. Change it there.", code="set_by_environment", param=name)


def _note(row: Provider, changed: list[str], by: str) -> None:
    """A line of the provider's history: what changed and who asked, never the values."""
    reason = f"{', '.join(changed)}{f' by {by}' if by else ''}."
    ProviderEvent.objects.create(
        at=timezone.now(), kind=CONFIGURED, provider=row, after="configured", reason=reason[:500]
    )
