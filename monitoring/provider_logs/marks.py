"""When logs were last emptied, told to the other processes of this machine by a file that all of them look at."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import msgspec

NAME = "cleared.json"
_decode = msgspec.json.Decoder(dict[str, int]).decode


def set_mark(root: Path, provider: str, at: int) -> None:
    """``at``: milliseconds since the epoch. Raises ``OSError``."""
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    marks = {**read_marks(root), provider: at}
    fresh = root / f"{NAME}.{secrets.token_hex(4)}"
    file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file, "wb") as out:
        out.write(msgspec.json.encode(marks))
    fresh.replace(root / NAME)


def read_marks(root: Path) -> dict[str, int]:
    """None where there is no file, or one that cannot be read."""
    try:
        return _decode((root / NAME).read_bytes())
    except (OSError, msgspec.MsgspecError):
        return {}
