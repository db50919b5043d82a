"""Route: a name apps may call, and the targets that answer to it. A route with one target is an alias."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

from gateway.models.caching import cache_mode_field, cache_seconds_field
from gateway.models.team import Team
from providers.models import Provider, VersionedModel
from providers.parameters import parameter_problems

NAME = RegexValidator(r"^[^\s*]*\*?[^\s*]*\Z", "No blanks, and at most one *.")


def optional_seconds(help_text: str, *, least: float = 0) -> models.FloatField[float | None, float | None]:
    limits = [MinValueValidator(least), MaxValueValidator(86_400.0)]
    return models.FloatField(null=True, blank=True, validators=limits, help_text=f"{help_text} Empty: as usual.")


def weight_field() -> models.FloatField[float | None, float | None]:
    return models.FloatField(null=True, blank=True, validators=[MinValueValidator(0), MaxValueValidator(1)])


class Route(VersionedModel):
    """``name`` may hold one ``*``: what it stands for fills the ``*`` of its targets' models. The longest fixed part
    wins where several match. What is empty holds as in ``RoutingSettings``."""

    class Strategy(models.TextChoices):
        ORDERED = "ordered", "Ordered: the first that answers"
        WEIGHTED = "weighted", "Weighted: shared by weight"
        ROUND_ROBIN = "round_robin", "Round robin: one after the other"
        LEAST_BUSY = "least_busy", "Least busy: fewest calls in flight"
        LOWEST_LATENCY = "lowest_latency", "Lowest latency: as measured lately"
        AUTO = "auto", "Auto: scored for each request"

    name = models.CharField(max_length=250, unique=True, validators=[NAME])
    description = models.CharField(max_length=300, blank=True)
    enabled = models.BooleanField(default=True)
    strategy = models.CharField(max_length=20, choices=Strategy.choices, default=Strategy.ORDERED)
    goal = models.CharField(
        max_length=20, blank=True, help_text="What auto looks for: the kind of request decides where it is empty."
    )
    weight_capability, weight_cost = weight_field(), weight_field()
    weight_performance, weight_availability = weight_field(), weight_field()
    parameters = models.JSONField(
        default=dict, blank=True, help_text='What fills in for what the app left out: {"temperature": 0.2}'
    )
    context_fallback = models.CharField(max_length=250, blank=True, help_text="Where a request goes that is too long.")
    content_fallback = models.CharField(
        max_length=250, blank=True, help_text="Where a request goes that a vendor's content policy refused."
    )
    max_attempts = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(50)]
    )
    retries = models.PositiveSmallIntegerField(null=True, blank=True, validators=[MaxValueValidator(10)])
    deadline = optional_seconds("For a whole call, in seconds.", least=1)
    slow_start = optional_seconds("A stream without content after this many seconds goes to the next target. 0: off.")
    hedge = models.BooleanField(null=True, blank=True)
    sticky = models.BooleanField(null=True, blank=True, help_text="Whether conversations stay where they began.")
    assumed_output = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(10_000_000)],
        help_text="The most output of a call that names no maximum, where a hard budget holds. Empty: as usual.",
    )
    cache = cache_mode_field()
    cache_seconds = cache_seconds_field()
    cache_shared = models.BooleanField(
        "share answers between teams", null=True, blank=True, help_text="Unknown: as everywhere."
    )
    cache_similar = models.BooleanField(
        "answer similar requests", default=False, help_text="From the cache, by the embeddings model of its settings."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]

    def clean(self) -> None:
        problems = parameter_problems(self.parameters)
        if problems:
            raise ValidationError({"parameters": problems})

    def __str__(self) -> str:
        return self.name


class RouteTarget(VersionedModel):
    """A place in a route. Without a provider, ``model`` is any name Switchboard knows: another route, a role, a model.
    A condition that is empty is always met."""

    route = models.ForeignKey(Route, on_delete=models.CASCADE, related_name="targets")
    position = models.PositiveSmallIntegerField(default=0)
    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    model = models.CharField(max_length=250, help_text="A model of the provider; without one, any name.")
    weight = models.PositiveIntegerField(default=1, validators=[MaxValueValidator(1000)])
    when_stream = models.BooleanField("only streams", null=True, blank=True)
    when_tools = models.BooleanField("only with tools", null=True, blank=True)
    when_images = models.BooleanField("only with images", null=True, blank=True)
    min_input = models.PositiveIntegerField(null=True, blank=True, help_text="Estimated input units.")
    max_input = models.PositiveIntegerField(null=True, blank=True, help_text="Estimated input units.")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["route", "position", "id"]

    def clean(self) -> None:
        errors: dict[str, Any] = {}
        if self.min_input is not None and self.max_input is not None and self.min_input > self.max_input:
            errors["max_input"] = "Not less than the least input."
        if "*" in self.model and "*" not in (self.route.name if self.route_id else "*"):
            errors["model"] = "A * stands for the * of the route's name, which has none."
        if errors:
            raise ValidationError(errors)

    def __str__(self) -> str:
        return f"{self.provider.name}:{self.model}" if self.provider is not None else self.model
