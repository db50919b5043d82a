"""Images, documents, videos and sounds between canonical parts and Converse's ``format`` plus ``source``."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

from providers.canonical import Audio, File, Image
from providers.errors import RequestRejected, UnsupportedFeature

Block = dict[str, Any]
IMAGES = frozenset(("png", "jpeg", "gif", "webp"))
VIDEOS = frozenset(("mkv", "mov", "mp4", "webm", "flv", "mpeg", "mpg", "wmv", "three_gp"))
SOUNDS = frozenset(
    ("mp3", "opus", "wav", "aac", "flac", "mp4", "ogg", "mkv", "mka", "m4a", "mpeg", "mpga", "pcm", "webm")
)
DOCUMENTS = {
    "application/pdf": "pdf",
    "text/csv": "csv",
    "application/msword": "doc",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.ms-excel": "xls",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "text/html": "html",
    "text/plain": "txt",
    "text/markdown": "md",
    "application/json": "txt",
}
MEDIA_TYPES = {short: kind for kind, short in DOCUMENTS.items() if kind != "application/json"}
VIDEO_TYPES = {"quicktime": "mov", "x-matroska": "mkv", "x-flv": "flv", "x-ms-wmv": "wmv", "3gpp": "three_gp"}
MAGIC = {"iVBORw0KGgo": "png", "/9j/": "jpeg", "R0lGOD": "gif", "UklGR": "webp"}  # of base64
_DATA_URI = re.compile(r"data:(?P<type>[^;,]*)(?P<parameters>[^,]*),", re.IGNORECASE)
_NAME = re.compile(r"[^A-Za-z0-9\-()\[\] ]")


class Names:
    """Document names of one request: in Bedrock's alphabet, each once, the same ones whenever it is written again."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def of(self, given: str | None) -> str:
        plain = " ".join(_NAME.sub(" ", given or "").split())[:180] or "document"
        name, count = plain, 1
        while name in self._taken:
            count += 1
            name = f"{plain} {count}"
        self._taken.add(name)
        return name


def write_image(part: Image, *, native: bool) -> Block:
    """``native``: its format is the app's own word, else what the data say counts for more. Raises
    ``UnsupportedFeature`` for an address Bedrock does not fetch from."""
    if part.url is not None and part.url.startswith("s3://"):
        return {"format": _image_format("", part.media_type or part.url), "source": _s3(part.url, part.extra)}
    data, media_type = part.data or "", part.media_type
    if part.url is not None:
        data, media_type = read_data_uri(part.url, "images")
    return {"format": _image_format("" if native else data, media_type), "source": {"bytes": data}}


def _image_format(data: str, kind: str | None) -> str:
    told = next((short for start, short in MAGIC.items() if data.startswith(start)), None)
    short = told or re.split(r"[/.]", (kind or "").partition(";")[0].lower())[-1].replace("jpg", "jpeg")
    if short not in IMAGES:
        raise UnsupportedFeature(f"{kind or 'untyped'} images are not supported by Amazon Bedrock", param="messages")
    return short


def read_data_uri(uri: str, what: str) -> tuple[str, str]:
    """Base64 data and media type. Raises ``UnsupportedFeature`` for an address that is no data: URI."""
    head = _DATA_URI.match(uri)
    if head is None:
        raise UnsupportedFeature(f"{what} by address are not supported by Amazon Bedrock: send data", param="messages")
    if ";base64" not in head["parameters"].lower():
        raise RequestRejected("a data: URI must be base64-encoded", param="messages")
    return uri[head.end() :], head["type"].lower()


def _s3(uri: str, extra: Mapping[str, Any]) -> Block:
    owner = extra.get("bucketOwner")
    return {"s3Location": {"uri": uri, **({"bucketOwner": owner} if owner else {})}}


def write_file(part: File, names: Names, *, native: bool) -> Block:
    """A document, video or image block. Raises ``UnsupportedFeature``."""
    if part.file_id is not None:
        raise UnsupportedFeature("files by id are not supported by Amazon Bedrock: send data", param="messages")
    data, media_type = part.data, (part.media_type or "").partition(";")[0].strip().lower()
    url = part.url
    if data is not None and data[:5].lower() == "data:":
        url, data = data, None
    if url is not None and not url.startswith("s3://"):
        data, media_type = read_data_uri(url, "files")
        url = None
    source = _file_source(part, data, url, native=native)
    if media_type.startswith("image/"):
        return {"image": {"format": _image_format(data or "", media_type), "source": source}}
    if media_type.startswith("video/"):
        return {"video": {"format": _video_format(media_type), "source": source}}
    name = part.name if native else names.of(_stem(part.name))
    document: Block = {} if name is None else {"name": name}
    if kind := _document_format(part, media_type, data):
        document["format"] = kind
    return {"document": document | {"source": source} | _kept(part.extra, native=native)}


def _file_source(part: File, data: str | None, url: str | None, *, native: bool) -> Block:
    if url is not None:
        return _s3(url, part.extra)
    if data is not None:
        return {"bytes": data}
    text = part.text or ""
    return {"text": text} if native else {"bytes": base64.b64encode(text.encode(errors="replace")).decode()}


def _stem(name: str | None) -> str | None:
    return re.sub(r"\.\w{1,5}$", "", name) if name else name


def _kept(extra: Mapping[str, Any], *, native: bool) -> Block:
    """What rides along with a document. Anthropic's ``citations`` and ``context`` are the same things."""
    kept = {key: value for key, value in extra.items() if key not in ("cache_control", "bucketOwner")}
    if native:
        return kept
    return {key: value for key, value in kept.items() if key in ("citations", "context") and value is not None}


def _video_format(media_type: str) -> str:
    short = media_type.partition("/")[2]
    short = VIDEO_TYPES.get(short, short)
    if short not in VIDEOS:
        raise UnsupportedFeature(f"{media_type} is not supported by Amazon Bedrock", param="messages")
    return short


def _document_format(part: File, media_type: str, data: str | None) -> str | None:
    if media_type in DOCUMENTS:
        return DOCUMENTS[media_type]
    ending = (part.name or part.url or "").rpartition(".")[2].lower()
    if ending in MEDIA_TYPES:
        return ending
    if (data or "").startswith("JVBERi0"):
        return "pdf"
    if media_type.startswith("text/") or (not media_type and part.text is not None):
        return "txt"
    raise UnsupportedFeature(f"{media_type or 'untyped'} files are not supported by Amazon Bedrock", param="messages")


def write_audio(part: Audio) -> Block:
    if part.format not in SOUNDS:
        raise UnsupportedFeature(f"{part.format} audio is not supported by Amazon Bedrock", param="messages")
    return {"audio": {"format": part.format, "source": {"bytes": part.data}}}


def media_type_of(kind: str, short: str) -> str:
    """The media type Converse calls ``short`` in a block of ``kind``."""
    if kind == "document":
        return MEDIA_TYPES.get(short, "application/octet-stream")
    return f"{kind}/" + {value: key for key, value in VIDEO_TYPES.items()}.get(short, short)
