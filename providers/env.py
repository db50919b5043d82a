"""What the environment says about providers: pure reading of a mapping of variables, no database.

``<NAME>`` is the provider's name in capitals: ``<NAME>_ENABLED``, ``_DISPATCH``, ``_API_KEY``, ``_TOKEN_1 …
_TOKEN_n``, ``_BASE_URL``, ``_MODEL`` and ``_<SETTING>`` for each setting its vendor declares. A vendor file may name
its ecosystem's own variables too (``Vendor.env``); they speak for the provider that has the vendor's own name, and
those of keys may be numbered. Only ``<NAME>_ENABLED`` and ``<NAME>_DISPATCH`` switch a provider on; tokens and
addresses never do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from providers.canonical import NOTHING
from providers.vendors import Vendor

MODES = ("off", "exclusive", "pooled", "fallback")  # ``models.Provider.Dispatch``
# No vendor setting may take these names.
RESERVED = frozenset({"enabled", "dispatch", "api_key", "token", "base_url", "model"})
_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})
_UNPRINTABLE = re.compile(r"[^\x21-\x7e]")  # what an HTTP header cannot carry in a credential
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_PROVIDERS_OWN = re.compile(r"([A-Z][A-Z0-9_]*)_(ENABLED|DISPATCH|API_KEY|BASE_URL|TOKEN_[0-9]+)\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvToken:
    """A credential and the variable it came from."""

    variable: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """What the environment lays over a provider's row. ``None`` and missing: it says nothing. ``errors`` are sentences
    that name their variable and never its value. ``variables`` says what is locked in the admin and by which
    variable: keys ``enabled``, ``dispatch``, ``base_url``, ``model`` and the names of settings. ``enabled`` without
    ``dispatch`` leaves the mode of a provider that is on to the admin (``decided_by``)."""

    enabled: bool | None = None
    dispatch: str | None = None
    base_url: str | None = None
    model: str | None = None
    settings: Mapping[str, str] = field(default=NOTHING, repr=False)
    tokens: tuple[EnvToken, ...] = ()
    errors: tuple[str, ...] = ()
    variables: Mapping[str, str] = NOTHING


def dispatch_in_force(over: Overlay, row: str, usual: str) -> str:
    """The dispatch mode that holds. ``row``: the admin's; ``usual``: what switching on means where nobody says more."""
    if over.dispatch is not None:
        return over.dispatch
    if over.enabled is None:
        return row
    if not over.enabled:
        return "off"
    return usual if row == "off" else row


def decided_by(over: Overlay, dispatch: str) -> str:
    """The variable that keeps an admin from setting a row to that mode; "" if none does."""
    if "dispatch" in over.variables:
        return over.variables["dispatch"]
    if over.enabled and dispatch != "off":
        return ""
    return over.variables.get("enabled", "")


def overlay(provider: str, vendor: Vendor, environ: Mapping[str, str]) -> Overlay:
    """What ``environ`` says about the provider of that name. Never raises: what is wrong stands in ``errors``."""
    errors: list[str] = []
    variables: dict[str, str] = {}
    found: dict[str, str] = {}
    for name in ("enabled", "dispatch", "base_url", "model", *(setting.name for setting in vendor.settings)):
        variable = next((one for one in _variables(provider, vendor, name) if _value(environ, one)), None)
        if variable is not None:
            variables[name], found[name] = variable, _value(environ, variable)
    enabled, dispatch = _switched(variables, found, errors)
    base_url = _url(variables.get("base_url", ""), found.pop("base_url", ""), errors)
    model = found.pop("model", None)
    choices = {setting.name: setting.choices for setting in vendor.settings}
    in_header = {setting.name for setting in vendor.settings if setting.header}
    settings = {
        name: value
        for name, value in found.items()
        if _plain(variables[name], value, errors, ascii_only=name in in_header)
        and _one_of(variables[name], value, choices.get(name, ()), errors)
    }
    tokens = tuple(_tokens(provider, vendor, environ, errors))
    return Overlay(
        enabled=enabled,
        dispatch=dispatch,
        base_url=base_url,
        model=model,
        settings=settings or NOTHING,
        tokens=tokens,
        errors=tuple(errors),
        variables=variables or NOTHING,
    )


def unused(
    environ: Mapping[str, str], env_file: Mapping[str, str], *, providers: Mapping[str, tuple[Vendor, bool]]
) -> list[str]:
    """What stands in ``.env`` and does nothing, as sentences: keys of a provider that is not switched on, variables
    whose value is malformed, and those of a provider that does not exist. ``providers``: name → its vendor and whether
    the admin enabled it."""
    warnings: list[str] = []
    known: set[str] = set()
    for name, (vendor, enabled) in sorted(providers.items()):
        over = overlay(name, vendor, environ)
        known |= set(_known(name, vendor, environ))
        keys = [token.variable for token in over.tokens if token.variable in env_file]
        warnings += [error for error in over.errors if error.split(":")[0] in env_file]
        if keys and not enabled and not over.variables.keys() & {"enabled", "dispatch"}:
            warnings.append(
                f"{', '.join(keys)} in .env does nothing yet: set {name.upper()}_ENABLED=1, or enable {name} "
                "in the admin."
            )
    for variable in sorted(env_file):
        if variable not in known and (match := _PROVIDERS_OWN.match(variable)):
            warnings.append(
                f"{variable} in .env belongs to no provider: make one called {match[1].lower()} in the admin, "
                "or correct the name."
            )
    return warnings


def _variables(provider: str, vendor: Vendor, name: str) -> Iterator[str]:
    """The variables that may say ``name``, the provider's own first."""
    yield f"{provider}_{name}".upper()
    if provider == vendor.slug:
        yield from vendor.env.get(name, ())


def _known(provider: str, vendor: Vendor, environ: Mapping[str, str]) -> Iterator[str]:
    for name in ("enabled", "dispatch", "base_url", "model", "api_key", *(setting.name for setting in vendor.settings)):
        yield from _variables(provider, vendor, name)
    yield from _numbered(provider, vendor, environ)


def _value(environ: Mapping[str, str], variable: str) -> str:
    return environ.get(variable, "").strip()


def _numbered(provider: str, vendor: Vendor, environ: Mapping[str, str]) -> list[str]:
    """``<NAME>_TOKEN_<n>``, then the ecosystem's key variables with a number (``GITHUB_TOKEN_2``), each in the order
    of n; gaps are allowed."""
    names = (f"{provider.upper()}_TOKEN", *(vendor.env.get("api_key", ()) if provider == vendor.slug else ()))
    return list(dict.fromkeys(variable for name in names for variable in _counted(f"{name}_", environ)))


def _counted(start: str, environ: Mapping[str, str]) -> list[str]:
    found = [one for one in environ if one.startswith(start) and re.fullmatch("[0-9]{1,9}", one[len(start) :])]
    return sorted(found, key=lambda one: (int(one[len(start) :]), one))


def _tokens(provider: str, vendor: Vendor, environ: Mapping[str, str], errors: list[str]) -> Iterator[EnvToken]:
    single = next((one for one in _variables(provider, vendor, "api_key") if _value(environ, one)), None)
    seen: set[str] = set()
    for variable in ([single] if single else []) + _numbered(provider, vendor, environ):
        secret = _value(environ, variable)
        if not secret or secret in seen:
            continue
        seen.add(secret)
        if _UNPRINTABLE.search(secret):
            errors.append(f"{variable}: a token has no blanks, control or non-ASCII characters.")
            continue
        yield EnvToken(variable=variable, secret=secret)


def _switched(variables: Mapping[str, str], found: dict[str, str], errors: list[str]) -> tuple[bool | None, str | None]:
    """What the two variables that switch a provider say; nothing where one contradicts the other."""
    enabled = _flag(variables.get("enabled", ""), found.pop("enabled", ""), errors)
    dispatch = _mode(variables.get("dispatch", ""), found.pop("dispatch", ""), errors)
    if enabled is None or dispatch is None or enabled == (dispatch != "off"):
        return enabled, dispatch
    words = ("off", "on") if enabled else ("on", "off")
    errors.append(
        f"{variables['dispatch']}: it switches the provider {words[0]}, and {variables['enabled']} switches it "
        f"{words[1]}. Remove one of the two."
    )
    return None, None


def _mode(variable: str, value: str, errors: list[str]) -> str | None:
    if not value:
        return None
    if value.lower() not in MODES:
        errors.append(f"{variable}: use one of {', '.join(MODES)}.")
        return None
    return value.lower()


def _flag(variable: str, value: str, errors: list[str]) -> bool | None:
    if not value:
        return None
    if value.lower() not in _TRUE | _FALSE:
        errors.append(f"{variable}: use 1 or 0.")
        return None
    return value.lower() in _TRUE


def _url(variable: str, value: str, errors: list[str]) -> str | None:
    if not value:
        return None
    try:
        parts = urlsplit(value)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError:
        parts, port_is_fine = urlsplit(""), False
    if parts.scheme not in {"http", "https"} or not parts.hostname or not port_is_fine or re.search(r"\s", value):
        errors.append(f"{variable}: write it as a URL with its scheme, as https://api.example.com/v1.")
        return None
    return value.rstrip("/")


def _one_of(variable: str, value: str, choices: tuple[str, ...], errors: list[str]) -> bool:
    if choices and value not in choices:
        errors.append(f"{variable}: use one of {', '.join(choices)}.")
        return False
    return True


def _plain(variable: str, value: str, errors: list[str], *, ascii_only: bool) -> bool:
    if _CONTROL.search(value) or (ascii_only and not value.isascii()):
        errors.append(f"{variable}: it holds control characters{' or is not ASCII' if ascii_only else ''}.")
        return False
    return True
