"""The explain page's form: a request in a few words or as JSON, as which key, and a draft of routes to try."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

ENDPOINTS = ("chat.completions", "messages", "completions", "embeddings", "rerank")
MOST_UNITS = 2_000_000
MOST_TEXT = 1_000_000
CHARS_PER_UNIT = 4  # as the estimate of the input counts plain English
PIXEL = "data:image/png;base64,iVBORw0KGgo="
TOOL = {"type": "function", "function": {"name": "lookup", "parameters": {"type": "object", "properties": {}}}}
SCHEMA = {"type": "json_schema", "json_schema": {"name": "answer", "schema": {"type": "object"}}}


class JsonField(forms.CharField):
    """A JSON object; what is wrong with it is said with its line and column."""

    def __init__(self, *, rows: int, **kwargs: Any) -> None:
        attrs = {"rows": rows, "spellcheck": "false", "class": "sb-mono"}
        super().__init__(widget=UnfoldAdminTextareaWidget(attrs=attrs), required=False, **kwargs)

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        try:
            json.loads(text)  # says where it is wrong, and lets pass what no app could send: NaN, half a character
            found = msgspec.json.decode(text)
        except json.JSONDecodeError as error:
            where = f"Line {error.lineno}, column {error.colno}"
            raise ValidationError(f"This is not JSON. {where}: {error.msg}.") from None
        except RecursionError:
            raise ValidationError("This is nested too deeply.") from None
        except ValueError as error:
            raise ValidationError(f"This is not JSON. {str(error)[:200]}.") from None
        if not isinstance(found, dict):
            raise ValidationError("A JSON object is needed: { … }.")
        return found

    def prepare_value(self, value: Any) -> Any:
        return json.dumps(value, indent=2, ensure_ascii=False) if isinstance(value, dict) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(data)


def _switch(label: str) -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False, widget=UnfoldBooleanSwitchWidget())


class ExplainForm(forms.Form):
    model = forms.CharField(
        max_length=250,
        required=False,
        label="Model",
        help_text="Any name an app could send: a route, auto, auto:code, openai:fast, gpt-4o.",
        widget=UnfoldAdminTextInputWidget(attrs={"data-names": "any", "spellcheck": "false", "autocomplete": "off"}),
    )
    text = forms.CharField(
        required=False,
        max_length=MOST_TEXT,
        label="Message",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="What the user says: auto judges by it what kind of request it is.",
    )
    images, tools = _switch("With an image"), _switch("With tools")
    json_schema, stream = _switch("With a JSON schema"), _switch("Streamed")
    input = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=MOST_UNITS,
        label="Input units",
        help_text="To see where a long request goes. Empty: as the message is.",
        widget=UnfoldAdminIntegerFieldWidget(),
    )
    raw = JsonField(rows=6, label="Or the whole request as JSON", help_text="Stands in for all above.")
    endpoint = forms.ChoiceField(
        choices=[(one, one) for one in ENDPOINTS], required=False, label="Endpoint", widget=UnfoldAdminSelectWidget()
    )
    api_key = forms.CharField(
        required=False,
        max_length=80,
        label="As API key",
        help_text="Its name. Empty: one that may call everything.",
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    session = forms.CharField(
        required=False,
        max_length=64,
        label="Conversation",
        help_text="As the app names it by header.",
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    draft = JsonField(
        rows=10,
        label="The draft as JSON",
        help_text="Nothing is saved. A drafted route stands in for the one of its name.",
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        raw = cleaned.get("raw")
        if not self.errors and not cleaned.get("model") and not (raw and raw.get("model")):
            self.add_error("model", "Name a model, or send a whole request that does.")
        return cleaned

    def body(self) -> dict[str, Any]:
        """The request as an app would send it."""
        given = self.cleaned_data
        if given["raw"] is not None:
            return {**({"model": given["model"]} if given["model"] else {}), **given["raw"]}
        body: dict[str, Any] = {"model": given["model"], "messages": self._messages()}
        if given["tools"]:
            body["tools"] = [TOOL]
        if given["json_schema"]:
            body["response_format"] = SCHEMA
        return {**body, "stream": True} if given["stream"] else body

    def _messages(self) -> list[dict[str, Any]]:
        given = self.cleaned_data
        text = given["text"] or "Hello"
        content: Any = text
        if given["images"]:
            content = [{"type": "text", "text": text}, {"type": "image_url", "image_url": {"url": PIXEL}}]
        said = [{"role": "user", "content": content}]
        missing = (given["input"] or 0) - len(text) // CHARS_PER_UNIT
        return [{"role": "system", "content": "x" * missing * CHARS_PER_UNIT}, *said] if missing > 0 else said
