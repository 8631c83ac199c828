/**
 * What the page knows: boards, channels, samples, the journal. Messages go in, the elements read on the animation frame.
 * Touches no DOM and knows no connection. `version` changes when the structure does (boards, channels, states, journal),
 * never for a sample.
 */
import { GatewayClock } from "./clock.js";
import { Journal, MAX_TEXT } from "./journal.js";
import type { Board, Channel, Column, JsonSamples, LedgerLine, Notification, Recording, Role, SamplesFrame, Stream, StreamChannel, StreamEnd, Value } from "./protocol.js";
import { Series } from "./series.js";

/** Ends of a stream after which nothing is missing: the next one goes on. */
export const HARMLESS: ReadonlySet<string> = new Set(["rate", "mode", "unsubscribed"]);

/** A channel's newest value. */
export interface Last {
  value: Value;
  t_s: number;
}

/** Why a stretch without samples is one, in the page's words. */
export interface GapWords {
  lost(count: number): string;
  ended(cause: string): string;
  stopped(stopped: boolean, own: boolean): string;
}

/** Samples and receipts come by different guesses at a board's clock: two of their times this close together do not say
 * which was first. */
const CLOSE_S = 0.02;

/** One channel: what it is, what it was worth. */
export class ChannelState {
  last: Last | null = null;
  /** When the newest receipt's value was set: a sample from before says nothing any more. */
  private told_s = -Infinity;
  series = new Series();
  /** Why and when the stream before ended, until the next sample says how long it was quiet. */
  ended: { cause: string; t_s: number } | null = null;
  /** Edges or values since the page was opened. */
  changes = 0;

  constructor(
    readonly address: string,
    public info: Channel,
  ) {}

  /** A receipt tells a value. */
  tell(value: Value, t_s: number): void {
    if (this.last && t_s < this.last.t_s - CLOSE_S) return;
    this.told_s = t_s;
    this.last = { value, t_s };
  }

  /** A sample shows a value. */
  show(value: Value, t_s: number): void {
    if (t_s < this.told_s - CLOSE_S) return;
    const { last } = this;
    if (last === null || last.value !== value) this.changes += 1;
    if (last === null) this.last = { value, t_s };
    else {
      last.value = value;
      last.t_s = t_s;
    }
  }

  /** The clock was set back: what is known would lie in the future. */
  restart(): void {
    this.series = new Series();
    this.last = null;
    this.told_s = -Infinity;
  }
}

export class Store {
  readonly clock = new GatewayClock();
  readonly boards = new Map<string, Board>();
  readonly channels = new Map<string, ChannelState>();
  readonly journal = new Journal();
  /** When a board's newest sample or event was, in gateway time. */
  readonly lastSeen_s = new Map<string, number>();
  readonly sketchText = new Map<string, string[]>();
  /** Recordings that were told of, by name. */
  readonly recordings = new Map<string, Recording>();
  ledger: LedgerLine[] = [];
  lastLoss_s = -Infinity;
  faults = 0;
  role: Role = "view";
  session = "";
  gatewayVersion = "";
  version = 0;
  private readonly streams = new Map<string, Stream>();
  private readonly streamsByNumber = new Map<number, Stream>();
  /** The scan that comes next in each stream, to tell a resumed subscription from one that missed something. */
  private readonly nextSeq = new Map<string, number>();
  private readonly unfinished = new Map<string, string>();

  constructor(private readonly words: GapWords) {}

  /** Takes any notification but binary samples. `at_ms` is this page's monotonic clock. */
  apply(notification: Notification, at_ms: number): void {
    switch (notification.method) {
      case "welcome": {
        const welcome = notification.params;
        this.clock.restart(welcome.t_s, at_ms);
        this.journal.connected(welcome.t_s);
        this.role = welcome.role;
        this.session = welcome.session;
        this.gatewayVersion = welcome.gateway.version;
        const present = new Set(welcome.boards.map((board) => board.id));
        for (const id of [...this.boards.keys()]) if (!present.has(id)) this.forget(id);
        for (const board of welcome.boards) this.takeBoard(board);
        break;
      }
      case "streams":
        for (const end of notification.params.ended) this.endStream(end);
        for (const stream of notification.params.streams) this.startStream(stream, at_ms);
        break;
      case "samples":
        this.takeSamples(notification.params, at_ms);
        return;
      case "board":
        if (notification.params.board) this.takeBoard(notification.params.board);
        if (notification.params.gone !== undefined) this.forget(notification.params.gone);
        break;
      case "link": {
        const known = this.boards.get(notification.params.board);
        if (known) this.boards.set(known.id, { ...known, link: notification.params.link });
        break;
      }
      case "loss":
        // The gateway's journal sums losses up: a bad cable would be hundreds of lines here.
        this.lastLoss_s = notification.params.t_s;
        break;
      case "stop": {
        const { board, stopped, session, t_s } = notification.params;
        const known = this.boards.get(board);
        if (known) this.boards.set(board, { ...known, stopped });
        this.note("stop", board, this.words.stopped(stopped, session === this.session), t_s);
        break;
      }
      case "log":
        this.takeText(notification.params.board, notification.params.text, notification.params.t_s);
        break;
      case "event":
        if (notification.params.board !== null) this.seen(notification.params.board, notification.params.t_s);
        if (notification.params.kind === "clock") this.journal.connected(notification.params.t_s);
        this.note(notification.params.kind, notification.params.board ?? "", notification.params.text, notification.params.t_s);
        break;
      case "recording":
        this.recordings.set(notification.params.recording.name, notification.params.recording);
        break;
      case "lease":
      case "driven":
        break;
    }
    this.version += 1;
  }

  /** Takes a binary batch of samples. */
  applyFrame(frame: SamplesFrame, at_ms: number): void {
    const stream = this.streamsByNumber.get(frame.number);
    if (!stream) {
      this.faults += 1;
      return;
    }
    const dt_s = stream.dt_s ?? 0;
    const goesOn = this.goesOn(stream, frame.seq, frame.lost, frame.scans);
    stream.channels.forEach((channel, index) => {
      const column = frame.columns[index];
      const state = this.channels.get(channel.channel);
      if (!column || !state) return;
      this.begin(state, stream, frame.times_s?.[0] ?? frame.t0_s, frame.lost, goesOn);
      if (frame.times_s === null) this.putColumn(state, frame.t0_s + channel.offset_s, dt_s, column, channel);
      else frame.times_s.forEach((t_s, scan) => this.put(state, t_s + channel.offset_s, column[scan]! * channel.scale + channel.offset, channel));
    });
    const newest = frame.times_s?.at(-1) ?? frame.t0_s + (frame.scans - 1) * dt_s;
    this.seen(stream.board, newest);
    this.clock.observe(newest, at_ms);
  }

  /** Adds a line to the journal. */
  note(kind: string, board: string, text: string, t_s: number | null): void {
    this.journal.note(kind, board, text, t_s);
    this.version += 1;
  }

  /** Shows what a receipt or a `get` said, for an output whose stream is yet to say it. */
  takeValue(address: string, value: Value, t_s: number): void {
    this.channels.get(address)?.tell(value, t_s);
  }

  /** The channels of a board, in the board's own order. */
  channelsOf(board: string): ChannelState[] {
    const channels = this.boards.get(board)?.descriptor?.channels ?? [];
    return channels.map((channel) => this.channels.get(channel.channel)).filter((state) => state !== undefined);
  }

  /** How many samples of a board have come, and when the newest was taken. */
  heardOf(board: string): { samples: number; newest_s: number } {
    let samples = 0;
    let newest_s = -Infinity;
    for (const { series } of this.channelsOf(board)) {
      samples += series.total;
      newest_s = Math.max(newest_s, series.lastTime ?? -Infinity);
    }
    return { samples, newest_s };
  }

  /** The connection to the gateway is gone since `t_s`: streams of another life must not be mistaken for these. */
  disconnected(t_s: number): void {
    for (const state of this.channels.values()) state.ended = { cause: "page", t_s };
    this.version += 1;
  }

  private takeBoard(board: Board): void {
    this.boards.set(board.id, board);
    const present = new Set<string>();
    for (const channel of board.descriptor?.channels ?? []) {
      present.add(channel.channel);
      const known = this.channels.get(channel.channel);
      // Another type or unit is another series: old samples would be drawn on a wrong scale.
      if (known && known.info.type === channel.type && known.info.unit === channel.unit) known.info = channel;
      else this.channels.set(channel.channel, new ChannelState(channel.channel, channel));
    }
    for (const address of [...this.channels.keys()]) {
      if (address.startsWith(`${board.id}/`) && !present.has(address)) this.channels.delete(address);
    }
  }

  private forget(id: string): void {
    this.boards.delete(id);
    for (const address of [...this.channels.keys()]) if (address.startsWith(`${id}/`)) this.channels.delete(address);
  }

  private startStream(stream: Stream, at_ms: number): void {
    // The gateway's clock was set: what it says from now on is right.
    if (stream.cause === "clock" && !this.streams.has(stream.stream)) this.clock.restart(stream.started_t_s, at_ms);
    this.streams.set(stream.stream, stream);
    this.streamsByNumber.set(stream.number, stream);
  }

  private endStream(end: StreamEnd): void {
    const stream = this.streams.get(end.stream);
    if (!stream) return;
    this.streams.delete(end.stream);
    this.streamsByNumber.delete(stream.number);
    this.nextSeq.delete(stream.stream);
    for (const channel of stream.channels) {
      const state = this.channels.get(channel.channel);
      if (state) state.ended = { cause: end.cause, t_s: end.t_s };
    }
  }

  private takeSamples(samples: JsonSamples, at_ms: number): void {
    const stream = this.streams.get(samples.stream);
    if (!stream) {
      this.faults += 1;
      return;
    }
    let newest = samples.t0_s ?? 0;
    const scans = Object.values(samples.columns)[0]?.length ?? 0;
    const goesOn = this.goesOn(stream, samples.seq, samples.lost, scans);
    for (const channel of stream.channels) {
      const column = samples.columns[channel.channel];
      const state = this.channels.get(channel.channel);
      if (!column || !state) continue;
      this.begin(state, stream, samples.t_s?.[0] ?? samples.t0_s ?? 0, samples.lost, goesOn);
      column.forEach((value, scan) => {
        const t = samples.t_s ? samples.t_s[scan]! : (samples.t0_s ?? 0) + scan * (samples.dt_s ?? 0);
        newest = Math.max(newest, t);
        if (typeof value === "number") this.put(state, t + channel.offset_s, value, channel);
        else this.putValue(state, t + channel.offset_s, value, channel);
      });
    }
    this.seen(stream.board, newest);
    this.clock.observe(newest, at_ms);
  }

  /** Whether a batch follows the one before of its stream, but for what board and wire lost. */
  private goesOn(stream: Stream, seq: number, lost: number, scans: number): boolean {
    const expected = this.nextSeq.get(stream.stream);
    this.nextSeq.set(stream.stream, seq + scans);
    return expected === seq - lost;
  }

  /** Before a batch's first sample: breaks the trace where something is missing. */
  private begin(state: ChannelState, stream: Stream, first_s: number, lost: number, goesOn: boolean): void {
    const { ended } = state;
    if (ended?.cause === "clock" && first_s < (state.series.lastTime ?? state.last?.t_s ?? first_s)) {
      state.restart();
    }
    const last = state.series.lastTime;
    const harmless = ended === null || HARMLESS.has(ended.cause) || (ended.cause === "page" && goesOn);
    if (last !== null && !harmless) {
      // What comes only when it changes was known until the end; what is sampled, until its last sample.
      const from_s = stream.dt_s === null ? Math.min(Math.max(last, ended.t_s), first_s) : last;
      state.series.markGap(from_s, first_s, this.words.ended(ended.cause));
    } else if (last !== null && lost > 0) {
      state.series.markGap(last, first_s, this.words.lost(lost));
    }
    state.ended = null;
  }

  /** A regular stream's column at once: its last value is the newest. */
  private putColumn(state: ChannelState, t0_s: number, dt_s: number, column: Column, channel: StreamChannel): void {
    const last = column.length - 1;
    if (last < 0) return;
    state.series.pushColumn(t0_s, dt_s, column.subarray(0, last), channel.scale, channel.offset);
    this.put(state, t0_s + last * dt_s, column[last]! * channel.scale + channel.offset, channel);
  }

  private put(state: ChannelState, t_s: number, value: number, channel: StreamChannel): void {
    state.series.push(t_s, value);
    if (Number.isNaN(value)) {
      state.show(null, t_s);
      return;
    }
    if (channel.type === "bool") state.show(value !== 0, t_s);
    else if (channel.type === "enum") state.show(channel.labels[value] ?? value, t_s);
    else state.show(value, t_s);
  }

  private putValue(state: ChannelState, t_s: number, value: Value, channel: StreamChannel): void {
    if (typeof value === "boolean") state.series.push(t_s, value ? 1 : 0);
    else if (typeof value === "string" && channel.type === "enum") state.series.push(t_s, channel.labels.indexOf(value));
    else if (value === null) state.series.push(t_s, Number.NaN);
    state.show(value, t_s);
  }

  private seen(board: string, t_s: number): void {
    const before = this.lastSeen_s.get(board);
    if (before === undefined || t_s > before) this.lastSeen_s.set(board, t_s);
  }

  /** Joins the pieces of a sketch's text to lines. */
  private takeText(board: string, text: string, t_s: number): void {
    const lines = ((this.unfinished.get(board) ?? "") + text).split(/\r?\n/);
    this.unfinished.set(board, lines.pop()!.slice(-MAX_TEXT));
    const kept = this.sketchText.get(board) ?? [];
    for (const line of lines) {
      if (line === "") continue;
      kept.push(line.slice(0, MAX_TEXT));
      this.note("log", board, line, t_s);
    }
    this.sketchText.set(board, kept.slice(-12));
  }
}
