"""Commands that move something: ``set mode rate stop-all``."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Annotated, Any, Final

import typer

from ardugate.cli import completing
from ardugate.cli import options as opt
from ardugate.cli.asked import assignment, find_channel, typed
from ardugate.cli.holding import TTL_MS, letting_go, linger
from ardugate.cli.output import put, put_json, say
from ardugate.cli.problems import CommandError, Exit
from ardugate.cli.reach import gateway_or_port
from ardugate.cli.values import escape, format_value, parse_value
from ardugate.errors import Reason, RequestError

Json = dict[str, Any]

# What comes neither by itself nor at first: it is sampled when `rate` says so.
_SAMPLED_ONLY: Final = ("count", "frequency", "quadrature")


def set_values(
    assignments: Annotated[
        list[str],
        typer.Argument(metavar="CHANNEL=VALUE…", autocompletion=completing.settings, help="As led=on or motor=0.5."),
    ],
    hold: opt.Hold = False,
    for_s: opt.HoldFor = None,
    port: opt.Ports = None,
    url: opt.Gateway = None,
    json: opt.Json = False,
) -> None:
    """Set outputs, in this order, and wait until the board has done it.

    An output that a client holds goes to its safe value by itself after its time (2 s unless the board says
    otherwise): --hold and --for keep it, and put it safe at their end.
    """
    if len(assignments) == 2 and not any("=" in each for each in assignments):
        name, value = assignments
        raise CommandError(Exit.USAGE, f"expected CHANNEL=VALUE, got {name!r} and {value!r}", f"write {name}={value}")
    pairs = [assignment(text) for text in assignments]
    lingers = hold or for_s is not None
    with gateway_or_port(url, port or [], lingers=lingers) as connection:
        boards = connection.call("boards")["boards"]
        calls = [_call(boards, name, text, lingers=lingers) for name, text in pairs]
        asked = [name for name, _ in pairs]
        # From before it is sent, so that a Ctrl-C at any moment lets go of it.
        held = list(asked)
        with letting_go(connection, held, boards) if lingers else nullcontext():
            results = connection.batch(calls)
            held[:] = [name for name, result in zip(asked, results, strict=True) if _may_be_on(result)]
            receipts = [result for result in results if not isinstance(result, RequestError)]
            if json:
                put_json({"receipts": receipts})
            else:
                for receipt in receipts:
                    _put_receipt(receipt, boards, lingers=lingers)
            for result in results:
                if isinstance(result, RequestError):
                    raise result
            if lingers:
                linger(connection, receipts, for_s, held)


def mode(
    pin: Annotated[str, typer.Argument(metavar="PIN", autocompletion=completing.pins, help="As D9 or greenhouse/D9.")],
    wanted: Annotated[
        str, typer.Argument(metavar="MODE", autocompletion=completing.modes, help="As output, pwm or input_pullup.")
    ],
    options: Annotated[list[str] | None, typer.Argument(metavar="[OPTION=VALUE…]", help="As edge=both.")] = None,
    hold: opt.Hold = False,
    for_s: opt.HoldFor = None,
    port: opt.Ports = None,
    url: opt.Gateway = None,
    json: opt.Json = False,
) -> None:
    """Use a pin for something else: off, input, input_pullup, analog, output, pwm (0 to 1), servo (degrees), tone (Hz),
    count, frequency (Hz), quadrature.

    Options: `count` takes edge=rising, falling or both; `quadrature` needs partner=PIN, the encoder's other pin.
    """
    from ardugate.model import Mode

    modes = [each.value for each in Mode if each is not Mode.DECLARED]  # which is the sketch's alone
    if wanted not in modes:
        raise RequestError(Reason.OUT_OF_RANGE, f"there is no mode {wanted!r}", f"the modes: {' '.join(modes)}")
    named = dict(assignment(text) for text in options or [])
    typed = {name: parse_value(text, None) for name, text in named.items()}
    with gateway_or_port(url, port or [], lingers=hold or for_s is not None) as connection:
        receipt = connection.call("mode", {"channel": pin, "mode": wanted, "options": typed})
        if json:
            put_json(receipt)
        else:
            put(f"{receipt['channel']}  {receipt['value']}")
            if wanted in _SAMPLED_ONLY:
                say(f"`ardugate get {pin}` reads it; `ardugate rate {pin} 10` samples it 10 times a second")
        if hold or for_s is not None:
            linger(connection, [], for_s, [])


def rate(
    arguments: Annotated[
        list[str],
        typer.Argument(
            metavar="CHANNEL… HZ",
            autocompletion=completing.channels,
            help="Channels or globs, then samples a second, 0 or max.",
        ),
    ],
    hold: opt.Hold = False,
    for_s: opt.HoldFor = None,
    port: opt.Ports = None,
    url: opt.Gateway = None,
    json: opt.Json = False,
) -> None:
    """Sample channels this often; 0 stops. It counts for every client."""
    *channels, last = arguments
    if not channels:
        raise typer.BadParameter("expected CHANNEL… HZ, such as: rate A0 100")
    hz = _hz(last)
    with gateway_or_port(url, port or [], lingers=hold or for_s is not None) as connection:
        result = connection.call("rate", {"channels": channels, "hz": hz})
        if json:
            put_json(result)
        else:
            for channel, kept in result["rates"].items():
                put(f"{channel}  {kept:g} Hz")
        if hold or for_s is not None:
            linger(connection, [], for_s, [])


def stop_all(
    clear: Annotated[bool, typer.Option("--clear", help="Let outputs be set again. Moves nothing.")] = False,
    board: Annotated[
        str | None, typer.Option("--board", metavar="BOARD", autocompletion=completing.boards, help="This board only.")
    ] = None,
    port: opt.Ports = None,
    url: opt.Gateway = None,
    json: opt.Json = False,
) -> None:
    """Put every output of every board at its safe value, and keep it there until --clear."""
    method = "clear_stop" if clear else "stop_all"
    with gateway_or_port(url, port or []) as connection:
        result = connection.call(method, {"board": board} if board else {})
    if json:
        put_json(result)
    failed: RequestError | None = None
    for name, done in result["boards"].items():
        if error := done.get("error"):
            failed = RequestError(Reason(error["reason"]), f"{name}: {error['message']}", error.get("hint", ""))
        elif not json:
            put(f"{name}  {'cleared' if clear else 'stopped'}")
    if not result["boards"]:
        say("the gateway knows no board")
    if failed is not None:
        raise failed


def _hz(text: str) -> float | str:
    if text == "max":
        return text
    try:
        hz = float(parse_value(text, "float"))
    except ValueError as error:
        raise typer.BadParameter(f"HZ: {error}, or max") from None
    if hz < 0:
        raise typer.BadParameter(f"HZ: expected 0 or more, or max, got {text}")
    return hz


def _call(boards: Sequence[Json], name: str, text: str, *, lingers: bool) -> tuple[str, Json]:
    channel = find_channel(boards, name)
    value = typed(name, text, channel["type"], channel["labels"]) if channel else typed(name, text, None)
    params: Json = {"channel": name, "value": value}
    # What the link or the board would hold for ever gets an end too: else a kill of this command would leave it on.
    if lingers and channel is not None and not channel["hold_ms"]:
        params["ttl_ms"] = TTL_MS
    return "set", params


def _may_be_on(result: Json | RequestError) -> bool:
    """Whether a ``set`` with this result may have moved its output."""
    return not isinstance(result, RequestError) or result.reason is Reason.UNKNOWN_OUTCOME


def _put_receipt(receipt: Json, boards: Sequence[Json], *, lingers: bool) -> None:
    channel = find_channel(boards, receipt["channel"])
    text = escape(format_value(receipt["value"], channel["unit"] if channel else ""))
    # The board's clock is known to some tenths of a millisecond only: it may seem to have done it before it was asked.
    took_ms = max(0.0, receipt["executed_t_s"] - receipt["accepted_t_s"]) * 1000
    until_s = receipt.get("until_s")
    # What the board was told is renewed again and again while the command goes on, and no figure for users.
    if lingers:
        held = ", held until this command ends"
    else:
        held = f", held for {until_s - receipt['executed_t_s']:.1f} s" if until_s else ""
    put(f"{receipt['channel']}  {text}  (confirmed in {took_ms:.0f} ms{held})")
