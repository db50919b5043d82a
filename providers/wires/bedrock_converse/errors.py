"""The error tree → Bedrock's words: a named exception and a message. (Reading is ``providers/wires/aws_errors``.)"""

from __future__ import annotations

from providers.errors import SwitchboardError
from providers.wires.anthropic.codec import encode
from providers.wires.event_stream import encode_frame

BY_STATUS = {
    401: "UnrecognizedClientException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    408: "ModelTimeoutException",
    429: "ThrottlingException",
    503: "ServiceUnavailableException",
    504: "ModelTimeoutException",
}
IN_STREAM = {  # the five a ConverseStream may hold
    "ValidationException": "validationException",
    "ThrottlingException": "throttlingException",
    "ServiceUnavailableException": "serviceUnavailableException",
    "ModelTimeoutException": "modelStreamErrorException",
}


def error_name(error: SwitchboardError) -> str:
    if error.status in BY_STATUS:
        return BY_STATUS[error.status]
    return "ValidationException" if 400 <= error.status < 500 else "InternalServerException"


def write_error(error: SwitchboardError) -> bytes:
    """The name goes into the body too: its header is not for a wire to write."""
    return encode({"__type": error_name(error), "message": error.message})


def write_stream_error(error: SwitchboardError) -> bytes:
    """The exception frame that breaks a stream off; nothing follows it."""
    name = IN_STREAM.get(error_name(error), "internalServerException")
    return encode_frame(encode({"message": error.message}), kind="exception", name=name)
