"""GitHub Copilot: a token exchange first, thought in ``reasoning_text``, and a bare text for an error."""

from tests.golden.case import Chat, Golden, Sent
from tests.golden.openai_shapes import stream, tool_call, whole

EXCHANGED = "tid=golden;exp=4102444800;sku=copilot_business"

GOLDEN = Golden(
    model="claude-sonnet-5.5",
    token="gho_golden",
    sent_headers={
        "authorization": f"Bearer {EXCHANGED}",
        "copilot-integration-id": "vscode-chat",
        "editor-version": "vscode/1.95.0",
        "openai-intent": "conversation-panel",
    },
    exchanges={
        "https://api.github.com/copilot_internal/v2/token": Sent(
            body={
                "token": EXCHANGED,
                "expires_at": 4102444800,
                "refresh_in": 1500,
                "endpoints": {"api": "https://api.individual.githubcopilot.com"},
            }
        )
    },
    chat=Chat(
        whole=whole(message={"reasoning_text": "A greeting.", "reasoning_opaque": "c2VhbGVk", "padding": "abc"}),
        stream=stream(
            deltas=(
                {"role": "assistant", "content": None, "reasoning_text": "A greeting."},
                {"content": "Hello"},
                {"content": " there."},
            ),
            usage_in_last=True,
        ),
        tool_call=tool_call(),
        reasoning="A greeting.",
        sent_body={
            "model": "claude-sonnet-5.5",
            "messages": [{"role": "user", "content": "Say hello."}],
            "max_completion_tokens": 64,
        },
    ),
    unauthorized=Sent(status=401, body="unauthorized: token expired"),
    unauthorized_words="token expired",
    rate_limited=Sent(status=429, headers={"retry-after": "7"}, body="quota exceeded"),
)
