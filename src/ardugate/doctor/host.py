"""Checks of the computer: permissions, other programs, drivers, settings. Each is a function of the facts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from ardugate.doctor.facts import Facts, Finding, Level, PortFacts

Check = Callable[[Facts], Iterator[Finding]]

_CH340: Final = 0x1A86
_FTDI: Final = 0x0403
# Converters and boards whose serial port should be there, by USB vendor id.
_SERIAL_VENDORS: Final = {0x1A86, 0x0403, 0x10C4, 0x067B, 0x2341, 0x2A03, 0x239A, 0x1B4F, 0x2E8A}
_LATENCY_MS: Final = 1
_LOW_DISK_BYTES: Final = 200_000_000
# A computer without a clock battery wakes up in 1970, or on the day its system was built.
_FIRST_YEAR: Final = 2025
_OTHERS_MAY_READ: Final = 0o077
# What Linux writes of a device that fell off the bus, or draws too much.
USB_TROUBLE: Final = ("reset full-speed USB", "reset low-speed USB", "device descriptor read", "over-current", "EMI?")
# The programs that get in the way: what else runs here is nobody's business.
IN_THE_WAY: Final = frozenset({"brltty", "ModemManager"})
_LOOPBACK: Final = ("127.", "localhost:", "[::1]:")


def python(facts: Facts) -> Iterator[Finding]:
    """Which versions these are."""
    yield Finding("version", Level.OK, f"ardugate {facts.version}, Python {facts.python}, {facts.system}")


def configuration(facts: Facts) -> Iterator[Finding]:
    """Whether the settings can be used."""
    if facts.config_error:
        yield Finding("config", Level.PROBLEM, facts.config_error, facts.config_hint)
    else:
        yield Finding("config", Level.OK, "the settings can be used")


def appeared(facts: Facts) -> Iterator[Finding]:
    """Whether there is a serial port at all."""
    if facts.wanted and "://" in facts.wanted:
        return
    if not facts.ports and not any(device.vid in _SERIAL_VENDORS for device in facts.usb or ()):
        fix = (
            "plug the board in; if it is: try another cable (many only charge, without data) and another USB port, "
            "and look whether the board's power light is on"
        )
        yield Finding("port", Level.PROBLEM, "no serial port is there, and no board on USB", fix)
    elif facts.wanted and not any(port.path == facts.wanted and port.exists for port in facts.ports):
        others = ", ".join(port.path for port in facts.ports if port.exists and port.path != facts.wanted)
        fix = f"plug the board in, or look whether it is one of these: {others}" if others else "plug the board in"
        yield Finding("port", Level.PROBLEM, f"{facts.wanted} is not there", fix)
    else:
        yield Finding("port", Level.OK, f"serial ports: {', '.join(p.path for p in facts.ports)}")


def driver(facts: Facts) -> Iterator[Finding]:
    """A board on USB for which there is no serial port."""
    if facts.usb is None:
        yield Finding("driver", Level.SKIPPED, "USB devices cannot be listed here")
        return
    mute = [device for device in facts.usb if device.vid in _SERIAL_VENDORS and not device.has_port]
    for device in mute:
        fix = "a driver is missing, or brltty took the port: see the check brltty, and the last lines of `dmesg`"
        name = device.product or f"{device.vid:04x}:{device.pid:04x}"
        yield Finding("driver", Level.PROBLEM, f"{name} is on USB, but has no serial port", fix)
    if not mute:
        yield Finding("driver", Level.OK, "every board on USB has its serial port")


def brltty(facts: Facts) -> Iterator[Finding]:
    """The braille service that takes CH340 converters for its own."""
    converter = any(device.vid == _CH340 for device in facts.usb or ())
    if facts.processes is None:
        yield Finding("brltty", Level.SKIPPED, "other programs cannot be listed here")
    elif "brltty" in facts.processes:
        level = Level.PROBLEM if converter else Level.NOTE
        fix = "if nobody here reads Braille: `sudo apt remove brltty`, then plug the board in again"
        yield Finding("brltty", level, "brltty is running: it takes boards with a CH340 for braille displays", fix)
    else:
        yield Finding("brltty", Level.OK, "brltty is not running")


def modem_manager(facts: Facts) -> Iterator[Finding]:
    """The service that talks to every new serial port, in case it is a modem."""
    if facts.processes is None:
        yield Finding("modemmanager", Level.SKIPPED, "other programs cannot be listed here")
    elif "ModemManager" in facts.processes:
        fix = (
            'let it leave boards alone with a udev rule (ENV{ID_MM_DEVICE_IGNORE}="1"), or, without a modem, '
            "`sudo systemctl disable --now ModemManager`"
        )
        text = "ModemManager is running: it talks to new serial ports for some seconds"
        yield Finding("modemmanager", Level.WARNING, text, fix)
    else:
        yield Finding("modemmanager", Level.OK, "ModemManager is not running")


def permission(facts: Facts) -> Iterator[Finding]:
    """Whether this user may open the ports, and whether a new group counts already."""
    for port in _concerned(facts):
        if port.openable or not port.exists:
            continue
        group = port.group or "dialout"
        if group in (facts.listed_groups or ()) and group not in (facts.user_groups or ()):
            text = f"{port.path}: you were added to the group {group}, but this session does not know"
            yield Finding("permission", Level.PROBLEM, text, "sign out and in again (a container: start it again)")
        else:
            fix = f"`sudo usermod -aG {group} $USER`, then sign out and in again"
            yield Finding("permission", Level.PROBLEM, f"{port.path}: you may not open it (its group is {group})", fix)
    if all(port.openable for port in _concerned(facts)):
        yield Finding("permission", Level.OK, "you may open the serial ports")


def terminal(facts: Facts) -> Iterator[Finding]:
    """Whether what was named is a serial port."""
    for port in _concerned(facts):
        if port.exists and not port.is_tty:
            fix = "name a serial port: `ardugate ports`"
            yield Finding("terminal", Level.PROBLEM, f"{port.path} is no serial port", fix)


def holder(facts: Facts) -> Iterator[Finding]:
    """Who else has a port open."""
    held = [port for port in _concerned(facts) if port.holders]
    for port in held:
        names = ", ".join(port.holders)
        ours = bool(facts.gateways) and all("ardugate" in name or "python" in name for name in port.holders)
        fix = (
            "that is ardugate itself" if ours else "close it (the Arduino IDE's serial monitor?), or wait for it to end"
        )
        level = Level.OK if ours else Level.PROBLEM
        yield Finding("holder", level, f"{port.path} is held by {names}", "" if ours else fix)
    if not held:
        yield Finding("holder", Level.OK, "no other program has a port open")


def latency(facts: Facts) -> Iterator[Finding]:
    """FTDI's timer, which keeps short messages back."""
    for port in _concerned(facts):
        if port.vid == _FTDI and port.latency_timer_ms is not None and port.latency_timer_ms > _LATENCY_MS:
            name = port.path.rpartition("/")[2]
            fix = f"`echo 1 | sudo tee /sys/bus/usb-serial/devices/{name}/latency_timer` (a udev rule keeps it)"
            text = f"{port.path}: the FTDI converter keeps bytes back for up to {port.latency_timer_ms} ms"
            yield Finding("latency", Level.WARNING, text, fix)
    timers = [port.latency_timer_ms for port in facts.ports if port.latency_timer_ms is not None]
    if all(ms <= _LATENCY_MS for ms in timers):
        yield Finding("latency", Level.OK, "no converter keeps bytes back")


def autosuspend(facts: Facts) -> Iterator[Finding]:
    """USB's power saving, which some converters do not survive."""
    sleepy = [device for device in facts.usb or () if device.autosuspend and device.has_port]
    for device in sleepy:
        fix = 'a udev rule ATTR{power/control}="on" for it, or boot with usbcore.autosuspend=-1'
        text = f"{device.product or 'a board'} may be put to sleep to save power"
        yield Finding("autosuspend", Level.NOTE, text, fix)
    if facts.usb is not None and not sleepy:
        yield Finding("autosuspend", Level.OK, "USB boards are kept awake")


def usb_resets(facts: Facts) -> Iterator[Finding]:
    """Boards that fell off the bus, says the kernel."""
    if facts.kernel_log is None:
        yield Finding("usb", Level.SKIPPED, "the kernel's log cannot be read (`sudo dmesg` can)")
        return
    if lines := [line for line in facts.kernel_log if any(word in line for word in USB_TROUBLE)]:
        fix = "another cable (short and thick), another USB port or a hub with a supply of its own; motors on their own"
        yield Finding("usb", Level.WARNING, f"USB had trouble {len(lines)} times, the last: {lines[-1].strip()}", fix)
    else:
        yield Finding("usb", Level.OK, "the kernel says nothing of trouble on USB")


def tcp_port(facts: Facts) -> Iterator[Finding]:
    """Whether the gateway can listen."""
    if facts.listen_holder is None or facts.gateways:
        yield Finding("listen", Level.OK, facts.gateways[0] if facts.gateways else f"{facts.listen} is free")
    else:
        why = facts.listen_holder or "another program has it"
        fix = "end it, or `--listen 127.0.0.1:0` (Foxglove uses 8765 too)"
        yield Finding("listen", Level.PROBLEM, f"cannot listen on {facts.listen}: {why}", fix)


def names(facts: Facts) -> Iterator[Finding]:
    """Who may reach the gateway, by which names, and from which sites."""
    local = facts.listen.startswith(_LOOPBACK)
    if local and not facts.allow_origin:
        yield Finding("names", Level.OK, "only this computer reaches the gateway")
    if not local:
        fix = "is that meant? They need a link or the token; a name that a proxy gives it goes into allow_host"
        yield Finding("names", Level.NOTE, f"others reach the gateway, at {facts.listen}", fix)
    for origin in facts.allow_origin:
        if origin.startswith("http://") and "localhost" not in origin and "127.0.0.1" not in origin:
            fix = "serve that site with TLS, and write https:// in allow_origin"
            yield Finding(
                "origin", Level.WARNING, f"pages of {origin} may connect, and anybody can pretend to be it", fix
            )


def page(facts: Facts) -> Iterator[Finding]:
    """Whether the dashboard is inside."""
    if facts.page_built:
        yield Finding("page", Level.OK, "the page is inside")
    else:
        fix = "install ardugate from a wheel, or, in a checkout, with `uv run ardugate` (it builds the page)"
        yield Finding("page", Level.PROBLEM, "this installation has no page", fix)


def state(facts: Facts) -> Iterator[Finding]:
    """The folder in which names, tokens and recordings are."""
    if facts.state_error:
        fix = "make it yours again (`sudo chown -R $USER`), or set XDG_STATE_HOME"
        yield Finding("state", Level.PROBLEM, f"{facts.state_folder}: {facts.state_error}", fix)
    elif facts.token_mode is not None and facts.token_mode & _OTHERS_MAY_READ:
        fix = f"`chmod 600 {facts.state_folder}/token`; delete it to sign everybody out"
        yield Finding("state", Level.WARNING, "others on this computer may read the token", fix)
    else:
        yield Finding("state", Level.OK, f"{facts.state_folder} can be written")


def disk(facts: Facts) -> Iterator[Finding]:
    """Room for recordings."""
    if facts.free_bytes is not None and facts.free_bytes < _LOW_DISK_BYTES:
        text = f"{facts.free_bytes / 1e6:.0f} MB are left where recordings go"
        yield Finding("disk", Level.WARNING, text, "make room: recordings end before the disk is full")
    elif facts.free_bytes is not None:
        yield Finding("disk", Level.OK, f"{facts.free_bytes / 1e9:.1f} GB are left where recordings go")


def wall_clock(facts: Facts) -> Iterator[Finding]:
    """A computer that does not know which day it is."""
    if facts.year < _FIRST_YEAR:
        fix = "connect it to the network (or fit a clock battery), and wait until the time is right"
        text = f"this computer believes that it is {facts.year}: recorded times will be wrong"
        yield Finding("clock", Level.PROBLEM, text, fix)
    else:
        yield Finding("clock", Level.OK, "this computer knows which year it is")


def _concerned(facts: Facts) -> list[PortFacts]:
    """The port that was named, else all that could be boards."""
    if facts.wanted:
        return [port for port in facts.ports if port.path == facts.wanted]
    return [port for port in facts.ports if port.kind != "other"]


HOST_CHECKS: Final[tuple[Check, ...]] = (
    python,
    configuration,
    appeared,
    driver,
    brltty,
    modem_manager,
    permission,
    terminal,
    holder,
    latency,
    autosuspend,
    usb_resets,
    tcp_port,
    names,
    page,
    state,
    disk,
    wall_clock,
)
