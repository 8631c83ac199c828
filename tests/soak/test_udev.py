"""udev itself reads our rules, for an FTDI converter that umockdev plays, beside brltty's own rules.

In a mount namespace with an empty /run, where the rules are put: nothing of this machine is changed.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

CONTRIB = Path(__file__).parents[2] / "contrib"
HARD_S = 60.0
ON_USB = "/sys/devices/usb1/1-1"
CONVERTER = f"{ON_USB}/1-1:1.0/ttyUSB0"
FTDI = r"""P: /devices/usb1/1-1/1-1:1.0/ttyUSB0/tty/ttyUSB0
N: ttyUSB0
E: DEVNAME=/dev/ttyUSB0
E: MAJOR=188
E: MINOR=0
E: SUBSYSTEM=tty
A: dev=188:0\n

P: /devices/usb1/1-1/1-1:1.0/ttyUSB0
E: SUBSYSTEM=usb-serial
E: DRIVER=ftdi_sio
L: driver=../../../../../bus/usb-serial/drivers/ftdi_sio
A: latency_timer=16\n

P: /devices/usb1/1-1/1-1:1.0
E: DEVTYPE=usb_interface
E: SUBSYSTEM=usb

P: /devices/usb1/1-1
N: bus/usb/001/002
E: DEVTYPE=usb_device
E: DEVNAME=/dev/bus/usb/001/002
E: SUBSYSTEM=usb
E: PRODUCT=403/6001/600
A: idVendor=0403\n
A: idProduct=6001\n

"""
# What brltty's rules do with a device that they think is a display.
BRLTTY = """SUBSYSTEM!="usb", GOTO="end"
ENV{PRODUCT}=="403/6001/*", ENV{BRLTTY_BRAILLE_DRIVER}="at,cb", ENV{SYSTEMD_WANTS}+="brltty-device@.service"
LABEL="end"
"""
TOOLS = os.pathsep.join([os.environ["PATH"], "/usr/sbin", "/sbin"])

pytestmark = pytest.mark.skipif(
    any(shutil.which(tool, path=TOOLS) is None for tool in ("udevadm", "umockdev-run", "unshare")),
    reason="needs udevadm, umockdev-run and unshare (sudo apt install udev umockdev util-linux)",
)


def judged(folder: Path, device: str, *rules: str) -> str:
    """What udev makes of a device under these rules of ours and brltty's."""
    (folder / "ftdi.umockdev").write_text(FTDI)
    (folder / "85-brltty.rules").write_text(BRLTTY)
    files = " ".join([str(folder / "85-brltty.rules"), *(str(CONTRIB / rule) for rule in rules)])
    script = (
        "mount -t tmpfs none /run && mkdir -p /run/udev/rules.d && "
        f"cp {files} /run/udev/rules.d/ && umockdev-run -d {folder / 'ftdi.umockdev'} -- udevadm test -a add {device}"
    )
    command = ["unshare", "--map-root-user", "--mount", "sh", "-ec", script]
    done = subprocess.run(
        command,
        env=os.environ | {"PATH": TOOLS},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=HARD_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_a_converter_s_port_is_its_group_s_and_left_alone_and_its_bytes_are_not_kept_back(tmp_path: Path) -> None:
    port = judged(tmp_path, f"{CONVERTER}/tty/ttyUSB0", "60-ardugate.rules")
    assert re.search(r"60-ardugate\.rules:\d+ MODE 0660", port), port
    assert re.search(r"60-ardugate\.rules:\d+ GROUP", port), port
    assert "ID_MM_PORT_IGNORE=1" in port
    assert "uaccess" in port
    assert "latency_timer' writing '1'" in judged(tmp_path, CONVERTER, "60-ardugate.rules")


def test_brltty_is_not_started_for_it_where_the_second_file_is_installed(tmp_path: Path) -> None:
    started = "SYSTEMD_WANTS=brltty-device@.service"
    assert started in judged(tmp_path, ON_USB, "60-ardugate.rules")
    assert started not in judged(tmp_path, ON_USB, "60-ardugate.rules", "90-ardugate-brltty.rules")
