"""What each request means on the wire: one plan each (docs/reference/wire.md, 3.4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from ardugate.errors import Reason, RequestError
from ardugate.link.calls import call_arguments, command_named, result_of
from ardugate.link.clock import BoardClock
from ardugate.link.jobs import ALL, COMMANDS, PLAN, Key, Plan, Refusal, StepsTo, keys
from ardugate.link.known import Known
from ardugate.link.line import Line
from ardugate.link.pin_modes import claim, explained, is_bool, no_output, refuse_locked
from ardugate.link.rates import MAX_CHANNELS, Rates
from ardugate.link.values import raw_of, value_of
from ardugate.model import (
    BoardRequest,
    CallRequest,
    Channel,
    ClearStopRequest,
    Hold,
    IdentifyRequest,
    IdentityRequest,
    Mode,
    ModeRequest,
    NameRequest,
    RateRequest,
    ReadRequest,
    Receipt,
    RenewRequest,
    SetRequest,
    SketchCommand,
    StopRequest,
    ValueType,
)
from ardugate.wire import limits, modes, ops
from ardugate.wire.messages import Status
from ardugate.wire.modes import HOLDS, MODE_BY_NAME

_NS_PER_MS: Final = 1_000_000
_MAX_TTL_MS: Final = 65_535


@dataclass(slots=True)
class Wishes:
    """What clients want of the board, to be put back after a reset. Values are not among them."""

    modes: dict[int, ops.SetMode] = field(default_factory=dict[int, ops.SetMode])
    # Asked period in ticks by channel; 0: not sampled.
    rates: dict[int, int] = field(default_factory=dict[int, int])

    def any(self) -> bool:
        """Whether there are any."""
        return bool(self.modes or self.rates)

    def clear(self) -> None:
        """Forget them."""
        self.modes.clear()
        self.rates.clear()


class Requests:
    """Makes plans for one boot's board. ``changed(cause, replaced)`` is called when modes or streams of ``known``
    changed; ``replaced`` maps a new sampled stream's number to the one that it was exchanged for. ``named(name)`` is
    called when the board has a new name."""

    def __init__(
        self,
        known: Known,
        clock: BoardClock,
        line: Line,
        wishes: Wishes,
        changed: Callable[[str, dict[int, int]], None],
        named: Callable[[str], None],
    ) -> None:
        self._known = known
        self._clock = clock
        self._wishes = wishes
        self._changed = changed
        self._named = named
        self._rates = Rates(known, line, changed)

    def prepare(self, request: BoardRequest, now_ns: int) -> tuple[Plan, frozenset[Key]]:
        """The plan of a request, and what it touches. Raises RequestError for a channel that is not there."""
        resolve = self._known.resolve
        match request:
            case SetRequest(name):
                channel = resolve(name)
                others = () if channel.output else (PLAN,)
                return self._set(request, now_ns), keys([channel.number], *others)
            case ModeRequest(name):
                return self._mode(request, now_ns), keys([resolve(name).number], PLAN)
            case RateRequest(names):
                return self._rate(request, now_ns), keys([resolve(name).number for name in names], PLAN)
            case ReadRequest(name):
                return self._read(name, now_ns), keys([resolve(name).number])
            case RenewRequest(names):
                return self._renew(request, now_ns), keys([resolve(name).number for name in names])
            case ClearStopRequest():
                return self._simple(ops.ClearStop(), now_ns), keys([], ALL)
            case IdentityRequest(identity):
                return self._identity(identity, now_ns), keys([], "identity")
            case IdentifyRequest(for_ms):
                return self._simple(ops.Identify(for_ms), now_ns), keys([], "identify")
            case NameRequest(name):
                return self._name(name, now_ns), keys([], "name")
            case CallRequest(name, arguments):
                command = command_named(self._known.commands, name)
                call = call_arguments(command, arguments)
                return self._call(command, call, now_ns), keys([], COMMANDS)
            case StopRequest():
                raise RequestError(Reason.INTERNAL, "a stop is not planned, it is sent")

    def restore(self, now_ns: int) -> Plan:
        """Put back what clients wished before the reset; outputs stay at their safe values."""
        for number, arguments in list(self._wishes.modes.items()):
            try:
                yield from self._mode_steps(number, arguments)
            except RequestError as error:
                if _reset_again(error):
                    return Receipt(accepted_ns=now_ns)
                # Another sketch on the same board may not have this pin free: what cannot be put back is forgotten.
                del self._wishes.modes[number]
        wanted = self._rates.running()
        for number, period in self._wishes.rates.items():
            if period and self._known.sample_kind(number):
                wanted[number] = self._known.kept_ticks.get(period, period)
            else:
                wanted.pop(number, None)
        try:
            yield from self._rates.apply(wanted, "rate")
        except RequestError as error:
            if not _reset_again(error):
                self._wishes.rates.clear()
        return Receipt(accepted_ns=now_ns)

    def follow_line(self) -> Plan:
        """Bring the line to the rate that it should have, and the streams to what it carries."""
        yield from self._rates.follow_line()
        return Receipt()

    # One plan a request

    def _set(self, request: SetRequest, now_ns: int) -> Plan:
        channel = self._known.resolve(request.channel)
        if not channel.output:
            yield from self._make_output(channel, request)
            channel = self._known.channels[channel.number]
        raw = raw_of(channel, request.value)
        ttl_ms = self._ttl(channel, request.ttl_ms)
        done = yield ops.Set(channel.number, ttl_ms, raw)
        assert isinstance(done, ops.SetDone)
        executed_ns = self._clock.to_ns(done.executed_us)
        return Receipt(
            asked=request.value,
            value=value_of(channel, done.raw),
            accepted_ns=now_ns,
            executed_ns=executed_ns,
            hold=HOLDS[done.hold] if done.hold < len(HOLDS) else channel.hold,
            until_ns=executed_ns + done.until_ms * _NS_PER_MS if done.until_ms else None,
        )

    def _make_output(self, channel: Channel, request: SetRequest) -> StepsTo[None]:
        """What a ``set`` means for a channel that is no output: the first one of a digital pin makes it one."""
        pin = self._known.pin(channel)
        if pin is None:
            raise RequestError(Reason.READ_ONLY, f"{channel.name} is measured, it cannot be set")
        refuse_locked(channel, pin)
        digital = channel.mode in (Mode.OFF, Mode.INPUT, Mode.INPUT_PULLUP)
        able = "output" in modes.abilities_from_bits(pin.abilities)
        if not (is_bool(request.value) and digital and able and not channel.claimed):
            raise no_output(self._known, channel, pin, request.value)
        self._ttl(channel, request.ttl_ms)
        arguments = ops.SetMode(channel.number, MODE_BY_NAME[Mode.OUTPUT].number)
        yield from self._mode_steps(channel.number, arguments)
        self._wishes.modes[channel.number] = arguments

    def _mode(self, request: ModeRequest, now_ns: int) -> Plan:
        channel = self._known.resolve(request.channel)
        arguments = claim(self._known, request)
        try:
            executed_us = yield from self._mode_steps(channel.number, arguments)
        except Refusal as refusal:
            raise explained(self._known, channel, request.mode, refusal) from refusal
        self._wishes.modes.pop(channel.number, None)
        self._wishes.modes[channel.number] = arguments
        return Receipt(
            asked=request.mode.value,
            value=self._known.channels[channel.number].mode.value,
            accepted_ns=now_ns,
            executed_ns=self._clock.to_ns(executed_us),
        )

    def _rate(self, request: RateRequest, now_ns: int) -> Plan:
        numbers = [self._known.resolve(name).number for name in request.channels]
        wanted = self._rates.running()
        ticks = self._rates.ticks(request.hz)
        for name, number in zip(request.channels, numbers, strict=True):
            if ticks and self._known.sample_kind(number) is None:
                mode = self._known.channels[number].mode
                raise RequestError(Reason.WRONG_MODE, f"{name} is in mode {mode}, which is not sampled")
            if ticks:
                wanted[number] = self._known.kept_ticks.get(ticks, ticks)
            else:
                wanted.pop(number, None)
        started_us: int | None = None
        if request.hz is None:
            started_us = yield from self._rates.fastest(numbers, wanted)
        else:
            started_us = yield from self._rates.apply(wanted, "rate")
        rates = dict[str, float]()
        for name, number in zip(request.channels, numbers, strict=True):
            stream = self._known.stream_of(number)
            self._rates.parked.pop(number, None)
            self._wishes.rates[number] = (ticks if request.hz else stream.period_ticks) if stream else 0
            rates[name] = self._known.descriptor.tick_hz / stream.period_ticks if stream else 0.0
        executed_ns = now_ns if started_us is None else self._clock.to_ns(started_us)
        return Receipt(asked=request.hz, accepted_ns=now_ns, executed_ns=executed_ns, rates=rates)

    def _read(self, name: str, now_ns: int) -> Plan:
        channel = self._known.resolve(name)
        if channel.type is ValueType.TEXT:
            raise RequestError(Reason.WRONG_TYPE, f"{name} is text, which comes by itself")
        done = yield ops.Read(channel.number)
        assert isinstance(done, ops.ReadDone)
        value = value_of(self._lone(channel), done.raw)
        return Receipt(value=value, accepted_ns=now_ns, executed_ns=self._clock.to_ns(done.executed_us))

    def _renew(self, request: RenewRequest, now_ns: int) -> Plan:
        channels = [self._known.resolve(name) for name in request.channels]
        # Whatever its own hold: a `set` may have given it a deadline. The board leaves one without a deadline alone.
        channels = [channel for channel in channels if channel.output]
        ttl_ms = request.ttl_ms
        for channel in channels:
            ttl_ms = self._ttl(channel, request.ttl_ms)
        numbers = sorted({channel.number for channel in channels})
        executed_us: int | None = None
        for at in range(0, len(numbers), MAX_CHANNELS):
            done = yield ops.Renew(ttl_ms, tuple(numbers[at : at + MAX_CHANNELS]))
            assert isinstance(done, ops.Done)
            executed_us = done.executed_us
        executed_ns = now_ns if executed_us is None else self._clock.to_ns(executed_us)
        until_ns = executed_ns + ttl_ms * _NS_PER_MS if channels else None
        hold = Hold.CLIENT if channels else None
        return Receipt(accepted_ns=now_ns, executed_ns=executed_ns, hold=hold, until_ns=until_ns)

    def _simple(self, arguments: ops.Arguments, now_ns: int) -> Plan:
        done = yield arguments
        assert isinstance(done, ops.Done)
        return Receipt(accepted_ns=now_ns, executed_ns=self._clock.to_ns(done.executed_us))

    def _identity(self, identity: int, now_ns: int) -> Plan:
        receipt = yield from self._simple(ops.SetIdentity(identity), now_ns)
        self._known.firmware = replace(self._known.firmware, identity=identity)
        self._changed("rate", {})
        return replace(receipt, value=identity)

    def _call(self, command: SketchCommand, call: ops.Call, now_ns: int) -> Plan:
        done = yield call
        assert isinstance(done, ops.CallDone)
        value = result_of(command, done.result)
        executed_ns = self._clock.to_ns(done.executed_us)
        return Receipt(value=value, accepted_ns=now_ns, executed_ns=executed_ns, unit=command.unit)

    def _name(self, name: str, now_ns: int) -> Plan:
        size = len(name.encode())
        if size > limits.MAX_NAME_BYTES:
            message = f"{name!r} is {size} bytes long, a board keeps {limits.MAX_NAME_BYTES}"
            raise RequestError(Reason.OUT_OF_RANGE, message, "shorten it; letters like ä take two bytes")
        if not name.isprintable():
            raise RequestError(Reason.OUT_OF_RANGE, f"{name!r} has characters that cannot be shown", "leave them out")
        receipt = yield from self._simple(ops.SetName(name), now_ns)
        if name:
            self._named(name)
            self._known.descriptor = replace(self._known.descriptor, name=name)
            self._changed("rate", {})
        return replace(receipt, value=self._known.descriptor.name)

    # Parts of plans

    def _mode_steps(self, number: int, arguments: ops.SetMode) -> StepsTo[int]:
        """Change a channel's mode; it leaves its sampled stream first. Returns the board time."""
        before = self._rates.running()
        kind = self._known.sample_kind(number)
        leaves = number in before and arguments.mode != self._known.mode_number(number)
        if leaves:
            self._rates.parked[number] = (kind or "", before[number])
            yield from self._rates.apply({n: period for n, period in before.items() if n != number}, "mode")
        try:
            done = yield arguments
        except RequestError:
            if leaves:
                yield from self._rates.apply(before, "mode")
            raise
        assert isinstance(done, ops.ModeDone)
        self._known.set_mode(number, done.mode, claimed=True)
        self._known.refresh()
        self._changed("mode", {})
        parked = self._rates.parked.get(number)
        if parked and parked[0] == self._known.sample_kind(number) and number not in self._rates.running():
            yield from self._rates.apply({**self._rates.running(), number: parked[1]}, "mode")
        return done.executed_us

    # Small questions

    def _ttl(self, channel: Channel, ttl_ms: int | None) -> int:
        if ttl_ms is None:
            return 0
        longest = channel.hold_ms or _MAX_TTL_MS
        if not 0 < ttl_ms <= longest:
            raise RequestError(Reason.OUT_OF_RANGE, f"{channel.name} takes a ttl_ms of 1 to {longest}, not {ttl_ms}")
        return ttl_ms

    def _lone(self, channel: Channel) -> Channel:
        """A channel as it is outside a sampled stream, whose packing does not fix a lone value's form."""
        form = self._known.form(channel.number, self._known.mode_number(channel.number))
        dtype = "f32" if form is modes.RawForm.F32 else "i32"
        return replace(channel, dtype=dtype)


def _reset_again(error: RequestError) -> bool:
    """Whether the board was reset while its modes and rates were put back: the next boot gets all of them."""
    return isinstance(error, Refusal) and error.status == Status.WRONG_BOOT
