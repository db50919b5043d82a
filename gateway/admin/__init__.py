"""Who may call: API keys, teams, users and groups in the admin."""

from gateway.admin.accounts import GroupAdmin, UserAdmin
from gateway.admin.api_key import ApiKeyAdmin
from gateway.admin.team import TeamAdmin

__all__ = ["ApiKeyAdmin", "GroupAdmin", "TeamAdmin", "UserAdmin"]
