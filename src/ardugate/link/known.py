"""What is known of the board: its descriptor with the present modes and streams worked in."""

from __future__ import annotations

import difflib
from dataclasses import replace
from typing import Final

from ardugate.errors import Reason, RequestError
from ardugate.link.learn import Lists
from ardugate.link.values import scaled, value_of
from ardugate.model import Argument, BoardInfo, Channel, Firmware, Mode, Pin, SketchCommand, ValueType
from ardugate.wire import modes as m
from ardugate.wire.answers import ModeEntry, StreamDetail, StreamEntry
from ardugate.wire.descriptor import NO_PIN, NO_RESULT, ChannelRecord, CommandRecord, Descriptor, PinRecord
from ardugate.wire.modes import DECLARED, MODE_BY_NUMBER, RawForm
from ardugate.wire.samples import DTYPE, TYPECODE, Format

FORM_DTYPE: Final = {RawForm.BOOL: "u8", RawForm.I32: "i32", RawForm.F32: "f32", RawForm.TEXT: "text"}


class Known:
    """One boot's board. ``channels`` has every channel by its id; :meth:`refresh` builds them anew. ``commands``
    are the sketch's; ``details`` has what the board says beyond the list of streams, by their numbers."""

    def __init__(self, descriptor: Descriptor, firmware: Firmware) -> None:
        self.descriptor = descriptor
        self.firmware = firmware
        self.modes: dict[int, ModeEntry] = {}
        self.streams: dict[int, StreamEntry] = {}
        self.details: dict[int, StreamDetail] = {}
        # Period asked → period kept, so that equal wishes meet in one stream though the board rounds.
        self.kept_ticks: dict[int, int] = {}
        self.channels: dict[int, Channel] = {}
        self.commands = tuple(_command(record) for record in descriptor.commands)
        self._pins: dict[int, PinRecord] = {pin.channel: pin for pin in descriptor.pins}
        self._declared: dict[int, ChannelRecord] = {channel.channel: channel for channel in descriptor.channels}
        self._aliases: dict[str, str] = {
            self._pins[channel.pin].name: channel.name
            for channel in descriptor.channels
            if channel.pin != NO_PIN and channel.pin in self._pins
        }
        self._numbers: dict[str, int] = {}

    def refresh(self) -> None:
        """Build the channels anew after ``modes`` or ``streams`` changed."""
        rates = {n: entry for entry in self.streams.values() for n in entry.channels}
        self.channels = {}
        for number, pin in self._pins.items():
            if pin.name not in self._aliases:
                self.channels[number] = self._plain(pin, rates.get(number))
        for number, record in self._declared.items():
            self.channels[number] = self._declare(record, rates.get(number))
        self._numbers = {channel.name: number for number, channel in self.channels.items()}
        for alias, name in self._aliases.items():
            self._numbers.setdefault(alias, self._numbers[name])

    def info(self) -> BoardInfo:
        """All of it, as a frozen value."""
        d = self.descriptor
        return BoardInfo(
            name=d.name,
            mcu=d.mcu,
            tick_hz=d.tick_hz,
            max_streams=d.max_streams,
            adc_bits=d.adc_bits,
            vref_v=d.vref_mv / 1_000,
            pwm_max=d.pwm_max,
            firmware=self.firmware,
            pins=tuple(
                Pin(
                    pin.channel,
                    pin.name,
                    m.abilities_from_bits(pin.abilities),
                    pin.safe,
                    bool(pin.abilities & m.LOCKED),
                )
                for pin in d.pins
            ),
            channels=tuple(self.channels[number] for number in sorted(self.channels)),
            commands=self.commands,
            aliases=dict(self._aliases),
        )

    def resolve(self, name: str) -> Channel:
        """The channel with this name or alias. Raises RequestError ``unknown_channel`` with the nearest name."""
        number = self._numbers.get(name)
        if number is None:
            near = difflib.get_close_matches(name, self._numbers, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]}?" if near else "`ardugate info` lists the channels"
            raise RequestError(Reason.UNKNOWN_CHANNEL, f"the board has no channel {name}", hint)
        return self.channels[number]

    def pin(self, channel: Channel) -> PinRecord | None:
        """The plain pin behind a channel, None for a declared one."""
        return self._pins.get(channel.number) if channel.mode is not Mode.DECLARED else None

    def able(self, ability: str) -> list[str]:
        """Names of the free pins that have this ability."""
        bit = 1 << m.ABILITIES.index(ability)
        return [
            pin.name
            for pin in self.descriptor.pins
            if pin.abilities & bit and not pin.abilities & m.LOCKED and pin.name not in self._aliases
        ]

    def mode_number(self, number: int) -> int:
        """A channel's mode, as on the wire; ``off`` while none was said."""
        entry = self.modes.get(number)
        return entry.mode if entry else 0

    def set_streams(self, entries: list[StreamEntry]) -> list[StreamEntry]:
        """These sampled streams run; gives those that cannot be: an unknown packing, no period, or channels that are
        none."""
        formats = {int(packing) for packing in Format}
        wrong = [
            entry
            for entry in entries
            if entry.format not in formats
            or not entry.period_ticks
            or not entry.channels
            or not set(entry.channels) <= self.channels.keys()
        ]
        self.streams = {entry.stream: entry for entry in entries if entry not in wrong}
        return wrong

    def learn(self, lists: Lists) -> list[StreamEntry]:
        """What the board lists; gives the streams that cannot be, as :meth:`set_streams` does."""
        self.modes, self.details = lists.modes, lists.details
        self.refresh()
        wrong = self.set_streams(lists.streams)
        self.refresh()
        return wrong

    def set_mode(self, number: int, mode: int, *, claimed: bool) -> None:
        """A channel's mode is another one now."""
        spec = MODE_BY_NUMBER.get(mode)
        before = self.modes.get(number)
        flags = m.MODE_CLAIMED if claimed or (before and before.flags & m.MODE_CLAIMED) else 0
        if spec and spec.events:
            flags |= m.MODE_EVENTS
        self.modes[number] = ModeEntry(number, mode, flags)

    def form(self, number: int, mode: int) -> RawForm | None:
        """How a channel's values are written in this mode, None where it has none or there is no such mode."""
        if mode == DECLARED:
            record = self._declared.get(number)
            return m.declared_form(m.TYPES[record.type], record.flags) if record else None
        spec = MODE_BY_NUMBER.get(mode)
        return spec.raw if spec and number in self._pins else None

    def stream_of(self, number: int) -> StreamEntry | None:
        """The sampled stream that carries this channel."""
        return next((entry for entry in self.streams.values() if number in entry.channels), None)

    def offsets_s(self, entry: StreamEntry) -> tuple[float, ...]:
        """When in a scan each channel of a sampled stream is taken."""
        step_s = self.descriptor.scan_step_us / 1e6
        if entry.stream in self.details:
            step_s = self.details[entry.stream].step_ticks / self.descriptor.tick_hz
        return tuple(k * step_s for k in range(len(entry.channels)))

    def sample_kind(self, number: int) -> str | None:
        """Channels of one kind can share a stream; None cannot be sampled."""
        mode = self.mode_number(number)
        if MODE_BY_NUMBER.get(mode) is m.MODE_BY_NAME[Mode.ANALOG]:
            return "adc"
        form = self.form(number, mode)
        return None if form is None or form is RawForm.TEXT else form.value

    def _plain(self, pin: PinRecord, stream: StreamEntry | None) -> Channel:
        entry = self.modes.get(pin.channel, ModeEntry(pin.channel, 0, 0))
        spec = MODE_BY_NUMBER.get(entry.mode, MODE_BY_NUMBER[0])
        d = self.descriptor
        analog = spec.mode is Mode.ANALOG
        scale = 1 / d.pwm_max if spec.scale is None else spec.scale
        raw_maximum = (1 << d.adc_bits) - 1 if analog else d.pwm_max if spec.mode is Mode.PWM else spec.raw_maximum
        limits = raw_maximum is not None and spec.type is not ValueType.BOOL
        channel = Channel(
            number=pin.channel,
            name=pin.name,
            type=spec.type,
            mode=spec.mode,
            unit=spec.unit,
            pin=pin.name,
            output=spec.output,
            claimed=bool(entry.flags & m.MODE_CLAIMED),
            events=bool(entry.flags & m.MODE_EVENTS),
            dtype="u16" if analog else FORM_DTYPE[spec.raw] if spec.raw else "u8",
            scale=scale,
            minimum=0.0 if limits else None,
            maximum=raw_maximum * scale if limits and raw_maximum is not None else None,
            hold=spec.hold,
            hold_ms=spec.hold_ms,
            bits=d.adc_bits if analog else None,
            vref_v=d.vref_mv / 1_000 if analog else None,
            effective_bits=d.adc_bits if analog else None,
        )
        if spec.output:
            channel = replace(channel, safe=value_of(channel, pin.safe))
        return self._sampled(channel, stream)

    def _declare(self, record: ChannelRecord, stream: StreamEntry | None) -> Channel:
        entry = self.modes.get(record.channel)
        value_type = m.TYPES[record.type] if record.type < len(m.TYPES) else ValueType.INT
        form = m.declared_form(value_type, record.flags)
        output = bool(record.flags & m.CHANNEL_OUTPUT)
        limits = record.minimum != 0 or record.maximum != 0
        scale, offset = _decimal(record.scale), _decimal(record.offset)
        ends = sorted(_limit(raw, scale, offset) for raw in (record.minimum, record.maximum))
        size = max((label.value for label in record.labels), default=-1) + 1
        labels = [str(value) for value in range(size)]
        for label in record.labels:
            labels[label.value] = label.name
        channel = Channel(
            number=record.channel,
            name=record.name,
            type=value_type,
            mode=Mode.DECLARED,
            unit=record.unit,
            pin=self._pins[record.pin].name if record.pin in self._pins else None,
            output=output,
            claimed=True,
            events=bool(entry.flags & m.MODE_EVENTS) if entry else bool(record.flags & m.CHANNEL_IRREGULAR),
            momentary=bool(record.flags & m.CHANNEL_MOMENTARY),
            dtype=FORM_DTYPE[form],
            scale=scale,
            offset=offset,
            minimum=ends[0] if limits else None,
            maximum=ends[1] if limits else None,
            labels=tuple(labels),
            hold=m.HOLDS[record.hold] if output and record.hold < len(m.HOLDS) else None,
            hold_ms=record.hold_ms,
            effective_bits=record.effective_bits or None,
        )
        if output and not record.flags & m.CHANNEL_KEEPS and form is not RawForm.TEXT:
            number = value_type in (ValueType.INT, ValueType.FLOAT)
            safe = scaled(channel, record.safe) if number else value_of(channel, record.safe)
            channel = replace(channel, safe=safe)
        return self._sampled(channel, stream)

    def _sampled(self, channel: Channel, stream: StreamEntry | None) -> Channel:
        if stream is None:
            return channel
        detail = self.details.get(stream.stream)
        return replace(
            channel,
            dtype=DTYPE[TYPECODE[Format(stream.format)]],
            rate_hz=self.descriptor.tick_hz / stream.period_ticks,
            effective_bits=(detail.effective_bits if detail else 0) or channel.effective_bits,
        )


def _decimal(single: float) -> float:
    """The number that somebody wrote before it became an f32, which keeps seven digits: 0.488, not 0.48800000548."""
    return float(f"{single:.7g}")


def _limit(raw: int, scale: float, offset: float) -> float:
    """The limit that somebody wrote: 0.8, not 0.8000001; a scale of seven digits leaves six of their product."""
    value = raw * scale + offset
    return value if scale == 1 else float(f"{value:.6g}")


def _command(record: CommandRecord) -> SketchCommand:
    arguments = tuple(
        Argument(
            argument.name,
            m.TYPES[argument.type] if argument.type < len(m.TYPES) else ValueType.FLOAT,
            argument.unit,
            argument.minimum if argument.minimum or argument.maximum else None,
            argument.maximum if argument.minimum or argument.maximum else None,
        )
        for argument in record.arguments
    )
    result = None
    if record.result != NO_RESULT:
        result = m.TYPES[record.result] if record.result < len(m.TYPES) else None
    return SketchCommand(record.command, record.name, arguments, result, record.unit)
