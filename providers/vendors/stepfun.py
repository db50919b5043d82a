"""StepFun. Reasoning comes in ``reasoning``."""

from providers.vendors.base import ModelFact, Price, Quirks, Setting, Vendor

VENDOR = Vendor(
    slug="stepfun",
    name="StepFun",
    kind="cloud",
    region="cn",
    base_url="https://{host}/v1",
    default_model="step-3.7-flash",
    roles={"smart": "step-3.7-flash"},
    settings=(
        Setting(
            name="host",
            label="Host",
            help="Where the key was made: China (.com) or global (.ai).",
            default="api.stepfun.com",
            choices=("api.stepfun.com", "api.stepfun.ai"),
        ),
    ),
    docs="https://platform.stepfun.com/docs/api-reference/chat/chat-completion-create",
    quirks=Quirks(
        rename={"max_completion_tokens": "max_tokens"},
        reasoning_fields=("reasoning", "reasoning_content"),
        developer_as_system=True,
    ),
    env={"api_key": ("STEPFUN_API_KEY", "STEP_API_KEY")},
    note="A Step Plan subscription has its own base URL: https://api.stepfun.com/step_plan/v1.",
    models=(
        ModelFact(
            id="step-3.7-flash",
            context_window=256_000,
            max_output=256_000,
            vision=True,
            tools=True,
            reasoning=True,
            price=Price(input=0.2, output=1.15, cached_input=0.04),
        ),
        ModelFact(
            id="step-3.5-flash-2603",
            context_window=256_000,
            max_output=256_000,
            vision=False,
            tools=True,
            reasoning=True,
            price=Price(input=0.1, output=0.3, cached_input=0.02),
        ),
        ModelFact(
            id="step-3.5-flash",
            context_window=256_000,
            max_output=256_000,
            vision=False,
            tools=True,
            reasoning=True,
            price=Price(input=0.1, output=0.3, cached_input=0.02),
        ),
        ModelFact(
            id="step-2-16k",
            context_window=16_384,
            max_output=8_192,
            vision=False,
            tools=True,
            reasoning=True,
            price=Price(input=5.21, output=16.44, cached_input=1.04),
        ),
        ModelFact(
            id="step-1-32k",
            context_window=32_768,
            max_output=32_768,
            vision=False,
            tools=True,
            reasoning=True,
            price=Price(input=2.05, output=9.59, cached_input=0.41),
        ),
    ),
)
