"""What stands where a secret will be put later (<password>, ${TOKEN}, xxxx), or fetches one: not findings."""

from __future__ import annotations

import re

_WORDS_TEXT = (
    "none null nil true false undefined password passwort passwd pwd pass secret token key apikey api_key str "
    "string int bytes bool optional required hidden redacted masked omitted example placeholder changeit "
    "yourpassword mypassword yourtoken insert todo tbd value test input text field type any unknown empty "
    "default contraseña clave senha wachtwoord mot"
)
_WORDS = frozenset(_WORDS_TEXT.split())
_FORMS = re.compile(
    r"<[^>]*>?|\$\{?[A-Za-z_(].*|\{\{?.*|%[A-Za-z_(].*|[*•.…_xX#?0-]{3,}|(?:your|my|insert)[-_ ]?"
    r"(?:own|api|password|key|token|secret|access|client)[-_ a-z]*|\[[A-Z_]+(?:_[0-9]+)?\]",
    re.DOTALL | re.IGNORECASE,
)
_CODE = re.compile(
    r"[A-Za-z_][\w.]*\(.*|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+[;,)]*|[A-Za-z_][\w.]*\[.*|(?:[A-Za-z_]\w*)?(?:->|::).*|[A-Z][A-Z_]{3,}",
    re.DOTALL,
)
_REPEATED = re.compile(r"(.)\1*", re.DOTALL)


def is_placeholder(value: str) -> bool:
    return value.lower() in _WORDS or any(form.fullmatch(value) for form in (_REPEATED, _FORMS))


def is_code(value: str) -> bool:
    """Whether a bare value is an expression of a program: a call, an attribute, a constant's name."""
    return _CODE.fullmatch(value) is not None
