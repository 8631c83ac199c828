"""What clients of the measurements say to open a WebSocket, and on it."""

from __future__ import annotations

import json

TEXT, BINARY = 0x81, 0x82
"""RFC 6455: the first byte of a final frame of text, of binary data."""


def client_frame(data: bytes, kind: int = TEXT) -> bytes:
    """A message as a client sends it (RFC 6455: masked; the mask may be zero)."""
    size = len(data)
    head = bytes((kind, 0x80 | size)) if size < 126 else bytes((kind, 0xFE)) + size.to_bytes(2, "big")
    return head + bytes(4) + data


def subscribe_frame(*channels: str) -> bytes:
    """The request for channels of a gateway, all analog ones when none is named."""
    request = {"jsonrpc": "2.0", "id": 1, "method": "subscribe", "params": {"channels": channels or ["*/A*"]}}
    return client_frame(json.dumps(request).encode())


def handshake(tcp_port: int, token: str = "", subprotocol: str = "", path: str = "/ws") -> bytes:
    """The request that opens a WebSocket."""
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: 127.0.0.1:{tcp_port}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ]
    lines += [f"Authorization: Bearer {token}"] if token else []
    lines += [f"Sec-WebSocket-Protocol: {subprotocol}"] if subprotocol else []
    return "\r\n".join([*lines, "", ""]).encode()
