/**
 * What the page never had or no longer has, asked from the gateway's memory for the window that is looked at: whole where
 * it is short, else as minima and maxima that lose no spike. Touches no DOM.
 */
import type { GapWords } from "./store.js";
import { HARMLESS } from "./store.js";
import { refusalIn } from "./protocol.js";
import type { Json, Stream, Value } from "./protocol.js";
import type { Visit } from "./pyramid.js";
import type { Gap, Series, Trace } from "./series.js";

/** Asks no sooner after the view has moved, so that a drag is one question. */
const SETTLE_MS = 120;
/** After a refusal the same is not asked again so soon. */
const AGAIN_MS = 5000;
/** The protocol's most. */
const MAX_POINTS = 10_000;
/** An envelope's pairs are doubled until they fit: so many a pixel are asked, that there is one at least. */
const POINTS_A_PIXEL = 2;
/** What is asked beyond each end, as a part of the window, so that a small step needs no question. */
const BEYOND = 0.5;

type Column = Value[] | { min: Value[]; max: Value[] };
/** The answer to `history`. */
export interface HistoryAnswer {
  streams: Stream[];
  samples: { stream: string; t_s: number[]; columns: { [address: string]: Column }; lost: number }[];
}

export type Ask = (params: { [key: string]: Json }) => Promise<HistoryAnswer>;

/** A stretch of a channel as the gateway told it. Breaks are NaN. */
export class Run implements Trace {
  readonly gaps: Gap[] = [];
  private readonly times: number[] = [];
  private readonly lows: number[] = [];
  private readonly highs: number[] = [];

  /** [from_s, to_s] was asked, in so many points. */
  constructor(
    readonly from_s: number,
    readonly to_s: number,
    readonly points: number,
  ) {}

  /** Reads one channel out of an answer. */
  take(address: string, answer: HistoryAnswer, words: GapWords): void {
    const streams = new Map(answer.streams.map((stream) => [stream.stream, stream]));
    let before: string | null = null;
    for (const part of [...answer.samples].sort((a, b) => (a.t_s[0] ?? 0) - (b.t_s[0] ?? 0))) {
      const column = part.columns[address];
      const stream = streams.get(part.stream);
      const first_s = part.t_s[0];
      if (!column || !stream || first_s === undefined) continue;
      const labels = stream.channels.find((channel) => channel.channel === address)?.labels ?? [];
      const last_s = this.times.at(-1);
      const other = before !== null && before !== part.stream && !HARMLESS.has(stream.cause);
      if (last_s !== undefined && (part.lost > 0 || other)) {
        this.gaps.push({ from_s: last_s, to_s: first_s, reason: part.lost > 0 ? words.lost(part.lost) : words.ended(stream.cause) });
        this.push(last_s, Number.NaN, Number.NaN);
      }
      before = part.stream;
      const [lows, highs] = Array.isArray(column) ? [column, column] : [column.min, column.max];
      part.t_s.forEach((t_s, at) => this.push(t_s, numberOf(lows[at] ?? null, labels), numberOf(highs[at] ?? null, labels)));
    }
  }

  visit(from_s: number, to_s: number, _pixel_s: number, visit: Visit): void {
    for (let at = Math.max(0, this.after(from_s) - 1); at < this.times.length; at += 1) {
      const t_s = this.times[at]!;
      visit(t_s, this.lows[at]!, this.highs[at]!, this.highs[at]!);
      if (t_s > to_s) return;
    }
  }

  valueAt(t_s: number): number | null {
    return this.highs[this.after(t_s) - 1] ?? null;
  }

  private push(t_s: number, low: number, high: number): void {
    this.times.push(t_s);
    this.lows.push(low);
    this.highs.push(high);
  }

  /** The first index whose time is later than `t_s`. */
  private after(t_s: number): number {
    let low = 0;
    let high = this.times.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.times[middle]! <= t_s) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function numberOf(value: Value, labels: readonly string[]): number {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  const label = value === null ? -1 : labels.indexOf(value);
  return label < 0 ? Number.NaN : label;
}

/** A series with a run put where the series is coarser, or has nothing. */
export class Joined implements Trace {
  constructor(
    private readonly series: Series,
    private readonly run: Run,
  ) {}

  get gaps(): readonly Gap[] {
    return [...this.run.gaps, ...this.series.gaps];
  }

  visit(from_s: number, to_s: number, pixel_s: number, visit: Visit): void {
    const { series, run } = this;
    const fine_s = series.fineSince_s(pixel_s);
    const end_s = Math.min(run.to_s, fine_s);
    if (from_s >= end_s || to_s <= run.from_s) {
      series.visit(from_s, to_s, pixel_s, visit);
      return;
    }
    let latest_s = -Infinity;
    const until = (least_s: number, most_s: number): Visit => (t_s, low, high, last) => {
      if (t_s < least_s || t_s > most_s || t_s < latest_s) return;
      latest_s = t_s;
      visit(t_s, low, high, last);
    };
    if (from_s < run.from_s) series.visit(from_s, run.from_s, pixel_s, until(-Infinity, run.from_s));
    run.visit(from_s, Math.min(to_s, end_s), pixel_s, until(-Infinity, to_s > end_s ? end_s : Infinity));
    if (to_s > end_s) series.visit(end_s, to_s, pixel_s, until(end_s, Infinity));
  }

  valueAt(t_s: number): number | null {
    return t_s < this.series.fineSince_s(0) && t_s <= this.run.to_s ? this.run.valueAt(t_s) : this.series.valueAt(t_s);
  }
}

/** A channel as it is looked at. */
export interface Wanted {
  address: string;
  series: Series;
}

export class Past {
  /** Changes with each answer. */
  version = 0;
  /** Why the last question got no answer, null when it did. */
  refused: string | null = null;
  /** The recording that is looked at in place of what the gateway has; null: none. */
  recording: string | null = null;
  private readonly runs = new Map<string, Run>();
  private readonly refusedUntil_ms = new Map<string, number>();
  private asked = "";
  private askedAt_ms = 0;
  private busy = false;

  constructor(
    private readonly ask: Ask,
    private readonly words: GapWords,
  ) {}

  /** What there is of a channel. */
  trace(channel: Wanted): Trace {
    const run = this.runs.get(channel.address);
    return run ? new Joined(channel.series, run) : channel.series;
  }

  /** Looks at a recording, or at none any more. */
  of(recording: string | null): void {
    this.recording = recording;
    this.runs.clear();
    this.refusedUntil_ms.clear();
    this.version += 1;
  }

  get loading(): boolean {
    return this.busy;
  }

  /** Says what is looked at now; called often. Asks for what is missing when the view has settled, one channel at a time. */
  want(channels: readonly Wanted[], from_s: number, to_s: number, column_s: number, live: boolean, now_ms: number): void {
    if (live && this.recording !== null) this.of(null);
    const view = live ? String(column_s) : `${from_s} ${to_s}`;
    if (view !== this.asked) {
      this.asked = view;
      this.askedAt_ms = now_ms;
    }
    if (this.busy || now_ms - this.askedAt_ms < SETTLE_MS) return;
    const missing = channels.find((channel) => this.isMissing(channel, from_s, to_s, column_s, live, now_ms));
    if (missing) void this.fetch(missing, from_s, to_s, column_s, now_ms);
  }

  private isMissing(channel: Wanted, from_s: number, to_s: number, column_s: number, live: boolean, now_ms: number): boolean {
    const run = this.runs.get(channel.address);
    const since_s = channel.series.fineSince_s(column_s);
    // Live, what is new comes by itself: a channel of which nothing came yet is asked for once.
    const end_s = live && run && since_s === Infinity ? Math.min(to_s, run.to_s) : Math.min(to_s, since_s);
    if (end_s - from_s < 2 * column_s || (this.refusedUntil_ms.get(channel.address) ?? 0) > now_ms) return false;
    const fine = run !== undefined && (run.to_s - run.from_s) / run.points <= column_s * 1.01;
    return !fine || run.from_s > from_s || run.to_s < end_s - column_s;
  }

  private async fetch(channel: Wanted, from_s: number, to_s: number, column_s: number, now_ms: number): Promise<void> {
    this.busy = true;
    const beyond_s = (to_s - from_s) * BEYOND;
    const begin_s = from_s - beyond_s;
    const end_s = Math.min(to_s + beyond_s, Math.max(to_s, channel.series.lastTime ?? to_s));
    const points = Math.min(MAX_POINTS, Math.ceil(((end_s - begin_s) / column_s) * POINTS_A_PIXEL));
    const run = new Run(begin_s, end_s, points);
    const { recording } = this;
    const asked = { channels: [channel.address], from_s: begin_s, to_s: end_s, points };
    try {
      run.take(channel.address, await this.told(recording === null ? asked : { ...asked, recording }), this.words);
      // Something else is looked at meanwhile.
      if (recording === this.recording) this.runs.set(channel.address, run);
      this.refused = null;
      this.version += 1;
    } catch (error) {
      this.refused = error instanceof Error ? error.message : String(error);
      this.refusedUntil_ms.set(channel.address, now_ms + AGAIN_MS);
    }
    this.busy = false;
  }

  /** Where memory does not reach back so far: all that there is. */
  private async told(params: { [key: string]: Json }): Promise<HistoryAnswer> {
    try {
      return await this.ask(params);
    } catch (error) {
      if (refusalIn(error)?.reason !== "cursor_expired") throw error;
      const { from_s: _, ...rest } = params;
      return this.ask(rest);
    }
  }
}
