from providers.models.breaker_state import BreakerState
from providers.models.config_version import (
    ConfigChange,
    ConfigVersion,
    VersionedModel,
    VersionedQuerySet,
    config_changed,
)
from providers.models.encryption_check import EncryptionCheck
from providers.models.event import ProviderEvent
from providers.models.model import Model
from providers.models.provider import Provider, ProviderState
from providers.models.role import Role
from providers.models.token import Token, TokenState

__all__ = [
    "BreakerState",
    "ConfigChange",
    "ConfigVersion",
    "EncryptionCheck",
    "Model",
    "Provider",
    "ProviderEvent",
    "ProviderState",
    "Role",
    "Token",
    "TokenState",
    "VersionedModel",
    "VersionedQuerySet",
    "config_changed",
]
