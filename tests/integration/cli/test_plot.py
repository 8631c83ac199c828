"""``tail --plot`` on a real terminal."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

from tests.integration.cli.shell import HARD_S, Shell


def test_a_terminal_shows_curves_until_ctrl_c(demo: Shell) -> None:
    master, slave = os.openpty()
    command = [sys.executable, "-m", "ardugate", "tail", "sine", "--plot"]
    environ = demo.environ(TERM="xterm", COLUMNS="60", LINES="20")
    with subprocess.Popen(
        command, cwd=demo.folder, env=environ, stdout=slave, stderr=subprocess.PIPE, text=True
    ) as process:
        os.close(slave)
        said = ""
        while said.count("sine") < 3:  # drawn anew at least twice
            said += os.read(master, 4096).decode(errors="replace")
        process.send_signal(signal.SIGINT)
        assert process.wait(HARD_S) == 130
        assert process.stderr is not None
        assert process.stderr.read() == ""
    os.close(master)
    assert any("\u2801" <= char <= "\u28ff" for char in said)
    assert "A\r" in said  # the cursor goes up again
