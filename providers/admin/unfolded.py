"""unfold's classes with types: it ships none, so to a type checker they are the Django classes that they extend."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin, TabularInline
    from django.contrib.admin.views.main import ChangeList
else:
    from unfold.admin import ModelAdmin, TabularInline
    from unfold.views import ChangeList

__all__ = ["ChangeList", "ModelAdmin", "TabularInline"]
