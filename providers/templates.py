"""Addresses with blanks in them: ``/openai/deployments/{model}/chat/completions?api-version={api_version}``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

from providers.canonical import Target
from providers.errors import RequestRejected

_BLANK = re.compile(r"\{([a-z_]+)\}")
_DOTS = (".", "..")
_AS_IS = ":@"  # what a model id may hold and a path may carry; a slash must not make two segments


def blanks(template: str) -> tuple[str, ...]:
    """The names of the blanks, each once."""
    return tuple(dict.fromkeys(_BLANK.findall(template)))


def fill(template: str, settings: Mapping[str, str], *, model: str = "") -> str:
    """``template`` with its blanks filled in, percent-encoded. A blank nothing is known of becomes empty. Raises
    ``RequestRejected`` for a model that would lead elsewhere: a client takes ``/..`` away with what is before it."""
    if "{" not in template:
        return template
    if model in _DOTS:
        raise _no_model_id(model)
    known = {**settings, "model": model}
    return _BLANK.sub(lambda found: quote(str(known.get(found[1], "")), safe=_AS_IS), template)


def segments(model: str) -> str:
    """A model id whose slashes are the address's own (``owner/name``). Raises ``RequestRejected`` for one that would
    lead elsewhere."""
    parts = model.split("/")
    if any(part == "" or part in _DOTS for part in parts):
        raise _no_model_id(model)
    return "/".join(quote(part, safe=_AS_IS) for part in parts)


def path(template: str, target: Target) -> str:
    """A path of the target's vendor, for its model."""
    return fill(template, target.settings, model=target.model)


def _no_model_id(model: str) -> RequestRejected:
    return RequestRejected(f"{model[:200]!r} is no model id.", param="model", code="model_not_found", status=404)
