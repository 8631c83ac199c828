"""One file for a bug report: everything that was seen, and nothing that is somebody's own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, cast

from ardugate.doctor.facts import Facts, Finding

# Characters of a hash that stands for a serial number: enough to tell a few boards apart, too few to find one.
_HASH_CHARS = 8


def redacted(facts: Facts, findings: Sequence[Finding], home: str, user: str) -> str:
    """The report as JSON: without tokens, with hashes in place of serial numbers and identities, without the home
    folder and the user's name. ``home`` and ``user`` are what to take out."""
    told = json.loads(
        json.dumps({"facts": asdict(facts), "findings": [asdict(finding) for finding in findings]}, default=sorted)
    )
    secrets = {
        secret
        for found in (*facts.ports, *facts.boards)
        for secret in (getattr(found, "serial_number", None), getattr(found, "identity", None))
        if secret
    }
    replacing = {secret: f"#{hashlib.sha256(secret.encode()).hexdigest()[:_HASH_CHARS]}" for secret in secrets}
    if home.strip("/"):
        replacing[home] = "~"
    if user and user != "root":
        replacing[user] = "USER"
    return json.dumps(_cleaned(told, replacing), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _cleaned(value: Any, replacing: dict[str, str]) -> Any:
    """JSON with every text of it cleaned."""
    if isinstance(value, str):
        for secret in sorted(replacing, key=len, reverse=True):
            value = value.replace(secret, replacing[secret])
        return value
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        return {key: _cleaned(each, replacing) for key, each in fields.items()}
    if isinstance(value, list):
        items: list[Any] = value  # pyright: ignore[reportUnknownVariableType]
        return [_cleaned(each, replacing) for each in items]
    return value
