"""Amazon SageMaker: models on endpoints of one's own. A model's id is the endpoint's name."""

from providers.auth.aws import aws_auth
from providers.vendors.base import Setting, Vendor

VENDOR = Vendor(
    slug="sagemaker",
    name="Amazon SageMaker",
    kind="platform",
    wire="sagemaker",
    base_url="https://runtime.sagemaker.{region}.amazonaws.com",
    auth=aws_auth("sagemaker"),
    settings=(
        Setting(name="region", label="Region", help="As us-east-1. Part of the address, and of every signature."),
        Setting(
            name="body",
            label="Body",
            help="What the endpoint's container takes: OpenAI's chat, or inputs and parameters (TGI, JumpStart).",
            default="openai",
            choices=("openai", "text-generation"),
        ),
        Setting(
            name="inference_component",
            label="Inference component",
            help="Which of an endpoint's components answers, where it has several.",
            header="X-Amzn-SageMaker-Inference-Component",
        ),
        Setting(name="served_model", label="Served model", help="The name in the body, where the container wants one."),
    ),
    chat_path="/endpoints/{model}/invocations",
    models_path=None,  # ListEndpoints is an API of its own, asked by POST
    env={"region": ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_REGION_NAME"), "base_url": ("SAGEMAKER_ENDPOINT_URL",)},
    note=(
        "A model's id is the endpoint's name. A token is ACCESS_KEY_ID:SECRET_ACCESS_KEY[:SESSION_TOKEN]; without any, "
        "AWS's own chain is asked (environment, profile, role of the machine). With the body text-generation a "
        "conversation is sent as a plain transcript, a single message as it is."
    ),
    docs="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html",
)
