from gateway.models.api_key import ApiKey, Scope, hash_key, new_secret
from gateway.models.team import Team

__all__ = ["ApiKey", "Scope", "Team", "hash_key", "new_secret"]
