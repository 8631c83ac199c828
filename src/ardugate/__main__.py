"""``python -m ardugate``: the command line."""

from __future__ import annotations

from ardugate.cli import main

if __name__ == "__main__":
    main()
