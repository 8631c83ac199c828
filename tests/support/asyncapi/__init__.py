"""AsyncAPI's own parser (an npm package), installed once per content into ``build/asyncapi/`` for the tests."""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
import subprocess
from pathlib import Path
from typing import cast

_HERE = Path(__file__).parent
_BUILD = _HERE.parents[2] / "build" / "asyncapi"
_FILES = ("package.json", "package-lock.json", ".npmrc", "check.mjs")
# An installation fetches 170 packages, which takes ten seconds where nobody else works: only a hang should reach this.
_WITHIN_S = 300.0


def missing_tools() -> list[str]:
    """What this machine lacks: an empty list when nothing."""
    return [] if shutil.which("npm") and shutil.which("node") else ["npm"]


def problems(document: object) -> list[str]:
    """What is wrong with an AsyncAPI document: errors and warnings, a line each."""
    command = ["node", str(_installed() / "check.mjs")]
    done = subprocess.run(
        command, input=json.dumps(document), capture_output=True, text=True, check=False, timeout=_WITHIN_S
    )
    assert done.returncode == 0, done.stderr
    return cast("list[str]", json.loads(done.stdout))


def _installed() -> Path:
    digest = hashlib.sha256(b"\n".join((_HERE / name).read_bytes() for name in _FILES)).hexdigest()[:16]
    target = _BUILD / digest
    _BUILD.mkdir(parents=True, exist_ok=True)
    with (_BUILD / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            partial = _BUILD / "partial"
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir()
            for name in _FILES:
                shutil.copy(_HERE / name, partial)
            command = ["npm", "ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund"]
            done = subprocess.run(command, cwd=partial, capture_output=True, text=True, check=False, timeout=_WITHIN_S)
            assert done.returncode == 0, f"npm cannot install AsyncAPI's parser:\n{done.stdout}{done.stderr}"
            partial.rename(target)
    return target
