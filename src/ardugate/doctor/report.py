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


def redacted(facts: Facts, findings: Sequence[Finding], home: str, user: str, host: str) -> str:
    """The report as JSON: without tokens, with hashes in place of serial numbers and identities, without the home
    folder, the names of user and computer, and those under which others reach it. ``home``, ``user`` and ``host`` are
    what to take out."""
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
    reached = [*facts.allow_host, *(origin.rpartition("://")[2] for origin in facts.allow_origin)]
    for name in (host, host.partition(".")[0], *reached):
        if name and name != "localhost":
            replacing[name] = "HOST"
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
