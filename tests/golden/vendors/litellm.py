"""A LiteLLM proxy: thoughts as text and as blocks, usage in a chunk with an empty choice, waits in words only."""

from tests.golden.case import Chat, Embeddings, Golden, Rerank, Sent
from tests.golden.openai_shapes import USAGE, error, question, ranking, stream, streamed, tool_call, vectors, whole

COUNTED = {
    **USAGE,
    "completion_tokens_details": {"reasoning_tokens": 1, "text_tokens": 2},
    "prompt_tokens_details": {"cached_tokens": 0, "text_tokens": None, "cache_creation_tokens": 0},
    "cache_creation_input_tokens": 0,
    "cache_read_input_tokens": 0,
}
BLOCK = {"type": "thinking", "thinking": "A greeting.", "signature": "c2lnbmVk"}

GOLDEN = Golden(
    model="claude-team",
    chat=Chat(
        whole=whole(
            message={
                "reasoning_content": "A greeting.",
                "thinking_blocks": [BLOCK],
                "tool_calls": None,
                "function_call": None,
                "provider_specific_fields": {"citations": None, "thinking_blocks": [BLOCK]},
            },
            usage=COUNTED,
            choice={"provider_specific_fields": {}},
            system_fingerprint=None,
        ),
        stream=stream(
            deltas=(
                {
                    "role": "assistant",
                    "content": "",
                    "reasoning_content": "A greeting.",
                    "thinking_blocks": [{"type": "thinking", "thinking": "A greeting.", "signature": None}],
                },
                {
                    "content": "",
                    "reasoning_content": "",
                    "thinking_blocks": [{"type": "thinking", "thinking": "", "signature": "c2lnbmVk"}],
                },
                {"content": "Hello"},
                {"content": " there."},
            ),
            usage=COUNTED,
            usage_in_last=True,
        ),
        tool_call=tool_call(usage=COUNTED),
        reasoning="A greeting.",
        broken_after=3,
        sent_body=question("claude-team"),
        stream_sent=streamed("claude-team"),
    ),
    embeddings=Embeddings(
        path="/embeddings",
        model="embed-team",
        whole=vectors("text-embedding-3-small", usage={"prompt_tokens": 4, "total_tokens": 4, "completion_tokens": 0}),
    ),
    rerank=Rerank(
        path="/rerank",
        model="rerank-team",
        whole=ranking(
            documents=True,
            id="07734bd2",
            meta={"api_version": {"version": "2"}, "billed_units": {"search_units": 1}, "tokens": {"input_tokens": 30}},
        ),
        sent_body={
            "model": "rerank-team",
            "query": "Where is the Louvre?",
            "documents": ["Paris is a city.", "Berlin is a city."],
        },
    ),
    unauthorized=error(
        401,
        "Authentication Error, Invalid proxy server token passed. Received API Key = sk-...oken, Key Hash (Token) ="
        "5f4dcc3b5aa765d61d8327deb882cf99. Unable to find token in cache or `LiteLLM_VerificationTokenTable`",
        type="token_not_found_in_db",
        param="key",
        code="401",
    ),
    unauthorized_words="Authentication Error",
    rate_limited=Sent(
        status=429,
        headers={"x-litellm-version": "1.109.1"},
        body={
            "error": {
                "message": "No deployments available for selected model, Try again in 7 seconds. Passed model="
                "claude-team. pre-call-checks=False, cooldown_list=['0f6e']",
                "type": "None",
                "param": "None",
                "code": "429",
            }
        },
    ),
)
