from providers.models.config_version import (
    ConfigChange,
    ConfigVersion,
    VersionedModel,
    VersionedQuerySet,
    config_changed,
)
from providers.models.encryption_check import EncryptionCheck
from providers.models.model import Model
from providers.models.provider import Provider, ProviderState
from providers.models.token import Token, TokenState

__all__ = [
    "ConfigChange",
    "ConfigVersion",
    "EncryptionCheck",
    "Model",
    "Provider",
    "ProviderState",
    "Token",
    "TokenState",
    "VersionedModel",
    "VersionedQuerySet",
    "config_changed",
]
