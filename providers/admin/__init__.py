"""Providers, tokens and models in the admin."""

from providers.admin.model import CatalogueAdmin
from providers.admin.provider import ProviderAdmin
from providers.admin.token import TokenAdmin

__all__ = ["CatalogueAdmin", "ProviderAdmin", "TokenAdmin"]
