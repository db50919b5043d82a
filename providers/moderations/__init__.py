"""Moderation, one file a dialect: how vendors are asked whether a text is harmful, and how they answer. No I/O.

Beside the dialects: ``categories``, OpenAI's names for what is harmful and other vendors' words for them; ``asking``
and ``reading``, what dialects share.
"""

from providers.moderations.base import Item, Moderated, ModerationCall, ModerationDialect, ModerationReply, dialect

__all__ = ["Item", "Moderated", "ModerationCall", "ModerationDialect", "ModerationReply", "dialect"]
