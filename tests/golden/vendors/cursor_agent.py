"""Cursor's models behind an OpenAI-compatible server of one's own: plain shapes, an error that is text."""

from tests.golden.case import Chat, Golden, Sent
from tests.golden.openai_shapes import question, stream, streamed, tool_call, whole

GOLDEN = Golden(
    model="composer-2.5",
    token="crsr_golden",
    sent_headers={"authorization": "Bearer crsr_golden"},
    chat=Chat(
        whole=whole(message={"reasoning_content": "A greeting."}),
        stream=stream(
            deltas=(
                {"role": "assistant", "reasoning_content": "A greeting."},
                {"content": "Hello"},
                {"content": " there."},
            )
        ),
        tool_call=tool_call(),
        reasoning="A greeting.",
        sent_body=question("composer-2.5"),
        stream_sent=streamed("composer-2.5"),
    ),
    unauthorized=Sent(status=401, body={"error": "Invalid User API key"}),
    unauthorized_words="Invalid User API key",
    rate_limited=Sent(status=429, headers={"retry-after": "7"}, body={"error": "Rate limit exceeded"}),
)
