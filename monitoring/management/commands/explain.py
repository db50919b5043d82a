"""``switchboard explain MODEL``: where a request would go, and why. Nothing is sent to any vendor."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from gateway.errors import CallerError
from gateway.explain.asking import ask, key_named
from gateway.explain.picture import picture
from gateway.routing.explain import Asked
from monitoring.cli.command import output_of, told_plainly
from monitoring.cli.output import Output


class Command(BaseCommand):
    help = (
        "Where a request would go, and why, as the configuration stands. What the running server has measured "
        "(latency, failures, open breakers) is only known to it: ask POST /api/routing/explain for that."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("model", help="a model, route, alias, provider:role or auto")
        parser.add_argument("--prompt", default="Hello", help="what is asked; its size and kind may decide")
        parser.add_argument("--key", default="", help="as this API key")
        parser.add_argument("--endpoint", default="chat.completions")
        parser.add_argument("--json", action="store_true", help="as JSON, for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        output = output_of(self, options)
        body = {"model": options["model"], "messages": [{"role": "user", "content": options["prompt"]}]}
        with told_plainly():
            try:
                asked = Asked(body=body, endpoint=options["endpoint"])
                if options["key"]:
                    key = key_named(options["key"], team_id=0)
                    asked = asked._replace(key=key, team_id=key.team_id)
                answer = ask(asked)
            except CallerError as error:
                raise CommandError(error.message) from None
        if output.as_json:
            output.facts(answer)
        else:
            self._show(output, answer)
        if answer["error"]:
            raise CommandError(answer["error"]["message"])

    def _show(self, output: Output, answer: dict[str, Any]) -> None:
        drawn = picture(answer["story"])
        if drawn is None:
            return
        output.say(" → ".join(drawn.names), style="bold")
        output.say(f"By {drawn.how}. {drawn.said}".strip())
        rows = [
            {"number": one.number, "provider": one.provider, "model": one.model, "score": one.score, "why": one.reason}
            for one in drawn.places
        ]
        columns = {"number": "", "provider": "Provider", "model": "Model", "score": "Score", "why": "Why it is here"}
        output.rows(columns, rows, empty="No target is left.")
        if drawn.dropped:
            output.say("")
            left_out = [{"provider": one[0], "model": one[1], "why": one[2]} for one in drawn.dropped]
            output.rows({"provider": "Left out", "model": "Model", "why": "Why"}, left_out, empty="")
