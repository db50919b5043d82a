"""Facts about vendors' APIs, one file each, found by discovery: there is no central list.

A file holds ``VENDOR = Vendor(...)``. A quirk two vendors share becomes a field of ``Quirks``; a
quirk of one is a function in its own file.
"""

from providers.vendors.base import (
    Answered,
    Ask,
    Auth,
    Grant,
    Headers,
    Kind,
    LocalAnswer,
    LocalReply,
    ModelFact,
    Outgoing,
    Price,
    Problem,
    Promise,
    Quirks,
    Region,
    Setting,
    Vendor,
    all_vendors,
    vendor,
)

__all__ = [
    "Answered",
    "Ask",
    "Auth",
    "Grant",
    "Headers",
    "Kind",
    "LocalAnswer",
    "LocalReply",
    "ModelFact",
    "Outgoing",
    "Price",
    "Problem",
    "Promise",
    "Quirks",
    "Region",
    "Setting",
    "Vendor",
    "all_vendors",
    "vendor",
]
