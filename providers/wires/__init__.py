"""Protocols, one file (or folder) each: bidirectional and without I/O."""

from providers.wires.base import StreamReader, StreamTap, StreamWriter, Wire, wire

__all__ = ["StreamReader", "StreamTap", "StreamWriter", "Wire", "wire"]
