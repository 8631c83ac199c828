"""The command line: parse, call, print, exit (docs/reference/cli.md)."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence


def main() -> None:
    """The program ``ardugate``."""
    if os.environ.get("_ARDUGATE_COMPLETE") == "complete_bash":
        from ardugate.cli.completing import as_bash_asks

        with as_bash_asks(os.environ):
            sys.exit(run(sys.argv[1:]))
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command; its exit status. A user's error is told in two lines on stderr, never by a traceback."""
    import typer

    from ardugate.cli.app import needed_by, plain_help
    from ardugate.cli.output import ReaderLeft, put
    from ardugate.cli.problems import Exit, Problem, problem_of, report, usage_cause
    from ardugate.errors import ArdugateError

    try:
        if not sys.stdout.isatty() and (text := plain_help(arguments)) is not None:
            put(text)
            return Exit.OK
        status = needed_by(arguments)(list(arguments), standalone_mode=False, prog_name="ardugate")
    except typer.TyperException as error:
        context = getattr(error, "ctx", None)
        path = context.command_path if context is not None else "ardugate"
        if cause := usage_cause(error.format_message()):  # none: a group by itself has shown its help
            report(Problem(Exit.USAGE, cause, f"look at `{path} --help`"))
        return Exit.USAGE
    except ArdugateError as error:
        problem = problem_of(error)
        report(problem)
        return problem.status
    except (KeyboardInterrupt, typer.Abort):
        return Exit.INTERRUPTED
    except ReaderLeft:
        # Python would flush stdout once more, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.OK
    return status if isinstance(status, int) else Exit.OK
