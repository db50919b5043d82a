"""NVIDIA Triton Inference Server, on a machine of one's own: its generate extension, or its OpenAI frontend."""

from providers.vendors.base import Auth, ModelFact, Setting, Vendor

VENDOR = Vendor(
    slug="triton",
    name="NVIDIA Triton Inference Server",
    kind="local",
    region="any",
    wire="triton",
    other_wires=("openai",),
    base_url="http://localhost:8000",
    auth=Auth(optional=True),
    settings=(
        Setting(
            name="backend",
            label="Backend",
            help="What runs the model: it decides what sampling is called.",
            default="tensorrt_llm",
            choices=("tensorrt_llm", "vllm"),
        ),
        Setting(
            name="api",
            label="API",
            help="The generate extension, or KServe's infer with tensors (which does not stream).",
            default="generate",
            choices=("generate", "infer"),
        ),
        Setting(
            name="stream_text",
            label="Streamed text",
            help="Whether each event has the next piece, or all that was said so far (old vLLM backends).",
            default="pieces",
            choices=("pieces", "cumulative"),
        ),
        Setting(
            name="max_output",
            label="Longest answer",
            help="What is asked for where the app sets no limit: TensorRT-LLM needs one, and vLLM's own is 16.",
            default="1024",
        ),
        Setting(name="model_version", label="Model version", help="A number; without it the server chooses."),
    ),
    chat_path="/v1/chat/completions",  # of its OpenAI frontend; its own wire knows its own paths
    models_path=None,  # POST /v2/repository/index
    docs="https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_generate.md",
    env={"api_key": ("TRITON_API_KEY",), "base_url": ("TRITON_API_BASE", "TRITON_SERVER_URL")},
    note=(
        "The generate extension knows no chat template, tools or schema: a conversation is sent as a plain "
        "transcript, a single message as it is. Where the OpenAI frontend runs (port 9000), choose the wire openai and "
        "its address."
    ),
    models=(
        ModelFact(id="ensemble", vision=False, tools=False),
        ModelFact(id="tensorrt_llm_bls", vision=False, tools=False),
        ModelFact(id="vllm_model", vision=False, tools=False),
    ),
)
