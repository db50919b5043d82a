"""How an action on a provider says no."""

from __future__ import annotations

from django.core.exceptions import ValidationError


class ActionRefused(Exception):
    """``code`` for machines (``invalid``, ``not_found``, ``ambiguous``, ``set_by_environment``, ``no_other_token``,
    ``out_already``, ``unreadable``), ``message`` for people, ``param`` the field it is about, or ""."""

    def __init__(self, message: str, *, code: str = "invalid", param: str = "") -> None:
        super().__init__(message)
        self.message, self.code, self.param = message, code, param


def refusal_of(error: ValidationError, *, param: str) -> ActionRefused:
    """What a form or a field said, as a refusal of ``param``."""
    return ActionRefused(" ".join(error.messages), param=param)
