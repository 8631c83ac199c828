/**
 * One channel's samples in memory: a ring of what came, and the pyramid of minima and maxima for long windows.
 * Times are gateway seconds since the Unix epoch; values are in the channel's unit, NaN for "missing here".
 * Touches no DOM.
 */
import { Pyramid } from "./pyramid.js";
import type { Visit } from "./pyramid.js";

/** The first size of a ring, in samples; it doubles up to MAX_SAMPLES. */
const MIN_SAMPLES = 1024;
/** 131,072 samples are two minutes at 1 kHz, in 2 MiB. */
const MAX_SAMPLES = 1 << 17;
/** A pixel with more samples than this is drawn from buckets: at most four of them make a pixel. */
const SAMPLES_A_PIXEL = 4;
/** Gaps remembered for drawing; older ones have left every window long before. */
const MAX_GAPS = 256;

/** A stretch in which samples are missing, and why. */
export interface Gap {
  from_s: number;
  to_s: number;
  reason: string;
}

/** What can be drawn: a channel's samples, live or fetched. */
export interface Trace {
  readonly gaps: readonly Gap[];
  visit(from_s: number, to_s: number, pixel_s: number, visit: Visit): void;
  /** The value at `t_s`: that of the newest sample not after it, or null. */
  valueAt(t_s: number): number | null;
}

export class Series implements Trace {
  readonly gaps: Gap[] = [];
  private times = new Float64Array(MIN_SAMPLES);
  private values = new Float64Array(MIN_SAMPLES);
  private count = 0;
  private size = 0;
  private readonly pyramid = new Pyramid();
  private began_s = Infinity;

  /** Number of samples taken since the series began, those forgotten too: changes whenever there is something to draw. */
  get total(): number {
    return this.count;
  }

  /** The newest sample's time, or null. */
  get lastTime(): number | null {
    return this.size === 0 ? null : this.time(this.count - 1);
  }

  /** The newest sample's value, or null. */
  get lastValue(): number | null {
    return this.size === 0 ? null : this.value(this.count - 1);
  }

  /** Adds a sample; one that is older than the newest is left out, because time never goes back in a stream. */
  push(t_s: number, value: number): void {
    if (this.size > 0 && t_s < this.time(this.count - 1)) return;
    if (this.size === this.times.length && this.size < MAX_SAMPLES) this.grow();
    const slot = this.count % this.times.length;
    this.times[slot] = t_s;
    this.values[slot] = value;
    this.count += 1;
    if (this.size < this.times.length) this.size += 1;
    if (this.count === 1) this.began_s = t_s;
    this.pyramid.push(t_s, value);
  }

  /** Adds a regular stream's raw column: value = raw × scale + offset. */
  pushColumn(t0_s: number, dt_s: number, column: ArrayLike<number>, scale: number, offset: number): void {
    for (let scan = 0; scan < column.length; scan += 1) this.push(t0_s + scan * dt_s, column[scan]! * scale + offset);
  }

  /** Marks a stretch without samples: the trace breaks there. Stretches that touch and say the same become one. */
  markGap(from_s: number, to_s: number, reason: string): void {
    const before = this.gaps.at(-1);
    if (before && before.reason === reason && from_s <= before.to_s + 0.05) {
      before.to_s = Math.max(before.to_s, to_s);
    } else {
      this.gaps.push({ from_s, to_s, reason });
      if (this.gaps.length > MAX_GAPS) this.gaps.shift();
    }
    const last = this.lastTime;
    if (last !== null) this.push(Math.max(last, from_s), Number.NaN);
  }

  /** The value at `t_s`: that of the newest sample not after it, or of its bucket where samples are forgotten, or null. */
  valueAt(t_s: number): number | null {
    const index = this.upperBound(t_s) - 1;
    if (index >= this.first) return this.value(index);
    let found: number | null = null;
    this.pyramid.visit(t_s, t_s, 0, (at_s, _low, _high, last) => {
      if (at_s <= t_s) found = last;
    });
    return found;
  }

  /** The time of a sample by its number since the series began; the oldest kept one's where that is forgotten. */
  timeOf(index: number): number {
    return this.time(Math.min(this.count - 1, Math.max(this.first, index)));
  }

  /**
   * The newest samples until `to_s`, a power of two of them between `fewest` and `most`, where they are evenly spaced (within
   * `uneven` periods, no break): else null.
   */
  evenly(to_s: number, most: number, fewest: number, uneven: number): { values: Float64Array<ArrayBuffer>; dt_s: number } | null {
    const end = this.upperBound(to_s);
    const count = 2 ** Math.floor(Math.log2(Math.min(most, end - this.first)));
    if (!(count >= fewest)) return null;
    const begin = end - count;
    const t0_s = this.time(begin);
    const dt_s = (this.time(end - 1) - t0_s) / (count - 1);
    const values = new Float64Array(count);
    for (let at = 0; at < count; at += 1) {
      const value = this.value(begin + at);
      if (Number.isNaN(value) || Math.abs(this.time(begin + at) - t0_s - at * dt_s) > Math.max(uneven * dt_s, 2e-6)) return null;
      values[at] = value;
    }
    return { values, dt_s };
  }

  /** Since when the series can be drawn with pixels so wide, and lose nothing: what is older was before it, or is kept more coarsely. */
  fineSince_s(pixel_s: number): number {
    const kept_s = this.count > this.size ? Math.min(this.time(this.first), this.pyramid.keptSince_s(pixel_s)) : -Infinity;
    return Math.max(this.began_s, kept_s);
  }

  /**
   * Calls `visit` for the samples of [from_s, to_s] and for one beyond each end, so that lines reach the edges. Where a
   * pixel has many samples, or they are forgotten, it gets the pyramid's buckets instead.
   */
  visit(from_s: number, to_s: number, pixel_s: number, visit: Visit): void {
    if (this.size === 0) return;
    const oldest_s = this.time(this.first);
    const forgotten = this.count > this.size && oldest_s > from_s;
    const each_s = (this.time(this.count - 1) - oldest_s) / this.size;
    if (forgotten || each_s * SAMPLES_A_PIXEL < pixel_s) this.pyramid.visit(from_s, to_s, pixel_s, visit);
    else this.visitSamples(from_s, to_s, visit);
  }

  private visitSamples(from_s: number, to_s: number, visit: Visit): void {
    let index = Math.max(this.first, this.upperBound(from_s) - 1);
    for (; index < this.count; index += 1) {
      const t = this.time(index);
      const value = this.value(index);
      visit(t, value, value, value);
      if (t > to_s) return;
    }
  }

  private get first(): number {
    return this.count - this.size;
  }

  private time(index: number): number {
    return this.times[index % this.times.length]!;
  }

  private value(index: number): number {
    return this.values[index % this.values.length]!;
  }

  /** The first index whose sample is later than `t_s`. */
  private upperBound(t_s: number): number {
    let low = this.first;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.time(middle) <= t_s) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Doubles the ring; a sample's index stays what it is. */
  private grow(): void {
    const times = new Float64Array(this.times.length * 2);
    const values = new Float64Array(times.length);
    for (let index = this.first; index < this.count; index += 1) {
      times[index % times.length] = this.time(index);
      values[index % times.length] = this.value(index);
    }
    this.times = times;
    this.values = values;
  }
}
