"""What may be a tag: the words that budgets and the log know calls by."""

from __future__ import annotations

import re

MOST_TAGS = 10
TAG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,59}")


def is_tag(value: object) -> bool:
    return isinstance(value, str) and TAG.fullmatch(value) is not None
