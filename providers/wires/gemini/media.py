"""Pictures, sound and documents → ``inlineData`` and ``fileData``.

Source: ai.google.dev/gemini-api/docs/file-input-methods: files uploaded to Google, gs:// and public https addresses.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from providers.canonical import Audio, File, Image
from providers.errors import RequestRejected, UnsupportedFeature
from providers.wires.openai.messages_in import split_data_uri

AUDIO_FORMATS = ("wav", "mp3", "ogg", "flac", "aac", "aiff", "m4a", "opus", "webm", "pcm")
UPLOADED = "https://generativelanguage.googleapis.com/v1beta/"
MAGIC = {
    "iVBORw0KGgo": "image/png",
    "/9j/": "image/jpeg",
    "R0lGOD": "image/gif",
    "UklGR": "image/webp",
    "JVBERi0": "application/pdf",
}
TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "heic": "image/heic",
    "heif": "image/heif",
    "pdf": "application/pdf",
    "txt": "text/plain",
    "md": "text/markdown",
    "html": "text/html",
    "csv": "text/csv",
    "xml": "text/xml",
    "json": "application/json",
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "webm": "video/webm",
    "mp3": "audio/mp3",
    "wav": "audio/wav",
    "ogg": "audio/ogg",
    "flac": "audio/flac",
    "m4a": "audio/mp4",
}


def write_media(part: Image | Audio | File, *, native: bool) -> dict[str, Any]:
    """The Gemini part for ``part``. Raises ``UnsupportedFeature`` for a file that only another vendor has, and
    ``RequestRejected`` for data that is not there."""
    match part:
        case Image(url=str(url)):
            return _by_url(url, part.media_type, None, unknown=None if native else "image/jpeg")
        case Image(data=data, media_type=kind):
            return _inline(data, kind, guess="image/png", native=native)
        case Audio(data=data, format=format):
            kind = "audio/mp4" if format == "m4a" and not native else f"audio/{format or 'wav'}"
            return _inline(data, kind, guess=kind, native=True)
        case File():
            return _file(part, native=native)


def _file(part: File, *, native: bool) -> dict[str, Any]:
    if part.text is not None:
        return {"text": f"{part.name}:\n{part.text}" if part.name and not native else part.text}
    if part.data is not None:
        found = TYPES.get(_ending(part.name or ""))
        blob = _inline(part.data, part.media_type, guess=found or "application/octet-stream", native=native)
        if native and part.name is not None:
            blob["inlineData"]["displayName"] = part.name
        return blob
    url = part.url if part.file_id is None else _uploaded(part.file_id)
    if url is None:
        raise RequestRejected("a file needs an id, an address or data", param="messages")
    return _by_url(url, part.media_type, part.name if native else None, unknown=None)


def _uploaded(file_id: str) -> str:
    """The address of a file of Google's own Files API."""
    if file_id.startswith("files/"):
        return UPLOADED + file_id
    if "://" in file_id:
        return file_id
    raise UnsupportedFeature(f"The file {file_id!r} was not uploaded to Google; send its data.", param="messages")


def _by_url(url: str, kind: str | None, name: str | None, *, unknown: str | None) -> dict[str, Any]:
    if url[:5].lower() == "data:":
        media_type, data = split_data_uri(url)
        if data is None:
            raise RequestRejected("a data: URI must name its media type and be base64-encoded", param="messages")
        return _inline(data, media_type, guess=media_type or "", native=False)
    file: dict[str, Any] = {"fileUri": url}
    if kind := kind or TYPES.get(_ending(url)) or unknown:
        file["mimeType"] = kind
    if name is not None:
        file["displayName"] = name
    return {"fileData": file}


def _ending(name: str) -> str:
    try:
        return urlsplit(name).path.lower().rpartition(".")[2]
    except ValueError:
        return ""


def _inline(data: str | None, kind: str | None, *, guess: str, native: bool) -> dict[str, Any]:
    if data is None:
        raise RequestRejected("an image needs an address or data", param="messages")
    if not native:  # what the data itself says: apps often name the wrong one, and Google then refuses it
        known = next((found for start, found in MAGIC.items() if data.startswith(start)), None)
        kind = known or (kind or "").partition(";")[0].strip() or guess
    return {"inlineData": {"mimeType": kind or guess, "data": data}}
