"""What can be seen of this computer for ``doctor``: ports, permissions, programs, settings. Opens no port.

Linux tells the most; what cannot be seen is None.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from ardugate import __version__
from ardugate.doctor import Facts, PortFacts, UsbDevice
from ardugate.doctor.host import IN_THE_WAY, USB_TROUBLE
from ardugate.errors import ConfigError, ListenError
from ardugate.runtime.ports.listing import PortInfo, list_ports
from ardugate.runtime.state import StateFolder, running_gateways

_USB: Final = Path("/sys/bus/usb/devices")
_LATENCY: Final = "/sys/bus/usb-serial/devices/{}/latency_timer"
_PROGRAM_TIMEOUT_S: Final = 5.0
# Lines of the kernel's log that are looked at: some hours of a quiet machine.
_LOG_LINES: Final = 5_000


def look(wanted: str | None = None, config_file: Path | None = None, state_dir: Path | None = None) -> Facts:
    """Everything but the boards. ``wanted`` is the port that was named, a path or a URL."""
    ports = [_port(each) for each in list_ports(state_dir)]
    if wanted and "://" not in wanted:
        real = os.path.realpath(wanted)
        named = next((port for port in ports if os.path.realpath(port.path) == real), _unlisted(wanted))
        ports = [replace(named, path=wanted), *(port for port in ports if port is not named)]
    state = StateFolder(state_dir)
    facts = Facts(
        version=__version__,
        python=platform.python_version(),
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        wanted=wanted,
        user_groups=_groups(),
        listed_groups=_listed_groups(),
        processes=_programs(),
        ports=tuple(ports),
        usb=_usb(),
        kernel_log=_kernel_log(),
        gateways=tuple(f"a gateway runs at {each.url}" for each in running_gateways(state_dir)),
        page_built=(Path(__file__).parents[1] / "dashboard" / "index.html").is_file(),
        state_folder=str(state.path),
        state_error=_state_error(state.path),
        token_mode=_mode(state.token_file),
        free_bytes=_free(state.path),
        year=time.localtime().tm_year,
    )
    return _with_settings(facts, config_file)


def _with_settings(facts: Facts, config_file: Path | None) -> Facts:
    from ardugate.config import Config, load
    from ardugate.runtime.http.server import listen

    error = hint = ""
    config = Config()
    try:
        config = load(config_file=config_file).config
    except ConfigError as wrong:
        error = str(wrong)
        hint = f"write {wrong.nearest!r} in its place" if wrong.nearest else "`ardugate config check` says the same"
    holder: str | None = None
    host, _, port = config.listen.rpartition(":")
    try:
        listen(host.strip("[]"), int(port)).close()
    except ListenError as taken:
        holder = taken.detail
    return replace(
        facts,
        config_error=error,
        config_hint=hint,
        listen=config.listen,
        allow_host=config.allow_host,
        allow_origin=config.allow_origin,
        listen_holder=holder,
    )


def _port(port: PortInfo) -> PortFacts:
    facts = _unlisted(port.path)
    return replace(
        facts,
        kind=port.kind.value,
        description=port.board or port.description,
        vid=port.vid,
        pid=port.pid,
        serial_number=port.serial_number,
        holders=port.holders,
    )


def _unlisted(path: str) -> PortFacts:
    """A port by its path alone."""
    from ardugate.runtime.ports.serial_port import holders

    latency: int | None = None
    with suppress(OSError, ValueError):
        latency = int(Path(_LATENCY.format(Path(path).name)).read_text("ascii"))
    try:
        about = Path(path).stat()
    except OSError:
        windows = sys.platform == "win32"  # there a port is no file
        return PortFacts(path, "named", exists=windows, openable=windows, latency_timer_ms=latency)
    return PortFacts(
        path,
        "named",
        group=_group(about.st_gid),
        openable=os.access(path, os.R_OK | os.W_OK),
        holders=holders(path),
        is_tty=stat.S_ISCHR(about.st_mode),
        latency_timer_ms=latency,
    )


def _group(number: int) -> str:
    try:
        import grp
    except ImportError:
        return ""
    with suppress(KeyError):
        return grp.getgrgid(number).gr_name
    return str(number)


def _groups() -> tuple[str, ...] | None:
    """Those of this session."""
    if not hasattr(os, "getgroups"):
        return None
    return tuple(sorted({_group(number) for number in (*os.getgroups(), os.getegid())}))


def _listed_groups() -> tuple[str, ...] | None:
    """Those that the system's list has for this user: at the next sign-in they count."""
    try:
        import grp
        import pwd
    except ImportError:
        return None
    with suppress(KeyError):
        name = pwd.getpwuid(os.getuid()).pw_name
        return tuple(sorted(each.gr_name for each in grp.getgrall() if name in each.gr_mem))
    return ()


def _programs() -> frozenset[str] | None:
    """Those that run and get in the way."""
    found = set[str]()
    entries = list(Path("/proc").glob("[0-9]*/comm"))
    for entry in entries:
        with suppress(OSError):
            found.add(entry.read_text("utf-8", errors="replace").strip())
    return frozenset(found & IN_THE_WAY) if entries else None


def _usb() -> tuple[UsbDevice, ...] | None:
    if not _USB.is_dir():
        return None
    found = list[UsbDevice]()
    for device in sorted(_USB.iterdir()):
        with suppress(OSError, ValueError):
            vid, pid = (int((device / name).read_text("ascii"), 16) for name in ("idVendor", "idProduct"))
            product = _line(device / "product")
            sleeps = _line(device / "power" / "control") == "auto"
            found.append(UsbDevice(vid, pid, product, any(device.glob("*:*/tty*")), sleeps))
    return tuple(found)


def _line(path: Path) -> str:
    try:
        return path.read_text("utf-8", errors="replace").strip()
    except OSError:
        return ""


def _kernel_log() -> tuple[str, ...] | None:
    """What the kernel says of trouble on USB, without serial numbers."""
    for command in (["dmesg"], ["journalctl", "-k", "-q", "-n", str(_LOG_LINES), "--no-pager"]):
        if shutil.which(command[0]) is None:
            continue
        with suppress(OSError, subprocess.TimeoutExpired):
            told = subprocess.run(
                command, capture_output=True, text=True, errors="replace", timeout=_PROGRAM_TIMEOUT_S, check=False
            )
            if told.returncode == 0 and told.stdout:
                return tuple(_trouble(told.stdout.splitlines()[-_LOG_LINES:]))
    return None


def _trouble(lines: Iterable[str]) -> Iterable[str]:
    for line in lines:
        if any(word in line for word in USB_TROUBLE):
            yield re.sub(r"(?i)serial\S*\s*\S*", "", line)


def _state_error(folder: Path) -> str:
    there = next(each for each in (folder, *folder.parents) if each.exists())
    return "" if os.access(there, os.W_OK) else "it cannot be written"


def _mode(token_file: Path) -> int | None:
    if sys.platform == "win32":
        return None
    try:
        return stat.S_IMODE(token_file.stat().st_mode)
    except OSError:
        return None


def _free(folder: Path) -> int | None:
    there = next(each for each in (folder, *folder.parents) if each.exists())
    try:
        return shutil.disk_usage(there).free
    except OSError:
        return None
