"""SageMaker endpoints that serve text generation: the prompt comes back with the text unless it was told not to."""

from __future__ import annotations

import json

from tests.recorded.expected import Expected


def read(body: bytes, *, stream: bool) -> Expected:
    answer = json.loads(body)
    expected = Expected()
    one = answer[0] if isinstance(answer, list) else answer
    expected.choice().text = one["generated_text"]
    return expected
