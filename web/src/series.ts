/**
 * One channel's samples in memory: a ring of what came, and a coarser ring of minima and maxima for long windows.
 * Times are gateway seconds since the Unix epoch; values are in the channel's unit, NaN for "missing here".
 * Imports nothing and touches no DOM.
 */

/** The first size of a ring, in samples; it doubles up to MAX_SAMPLES. */
const MIN_SAMPLES = 1024;
/** 131,072 samples are two minutes at 1 kHz, in 2 MiB. */
const MAX_SAMPLES = 1 << 17;
/** The width of a coarse bucket: a tenth of a second is a sixth of a pixel in the ten-minute window. */
export const BUCKET_S = 0.1;
/** 8,192 buckets are 13 minutes: more than the longest live window. */
const MAX_BUCKETS = 8192;
/** Gaps remembered for drawing; older ones have left every window long before. */
const MAX_GAPS = 256;

/** A stretch in which samples are missing, and why. */
export interface Gap {
  from_s: number;
  to_s: number;
  reason: string;
}

/** Receives the samples of a window, oldest first. `low` and `high` are equal for a single sample. */
export type Visit = (t_s: number, low: number, high: number) => void;

export class Series {
  readonly gaps: Gap[] = [];
  private times = new Float64Array(MIN_SAMPLES);
  private values = new Float64Array(MIN_SAMPLES);
  private count = 0;
  private size = 0;
  private readonly lows = new Float64Array(MAX_BUCKETS);
  private readonly highs = new Float64Array(MAX_BUCKETS);
  private readonly bucketTimes = new Float64Array(MAX_BUCKETS);
  private bucketCount = 0;

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
    const last = this.lastTime;
    if (last !== null && t_s < last) return;
    if (this.size === this.times.length && this.size < MAX_SAMPLES) this.grow();
    const slot = this.count % this.times.length;
    this.times[slot] = t_s;
    this.values[slot] = value;
    this.count += 1;
    this.size = Math.min(this.size + 1, this.times.length);
    this.pushBucket(t_s, value);
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

  /** The value at `t_s`: that of the newest sample not after it, or null. */
  valueAt(t_s: number): number | null {
    const index = this.upperBound(t_s) - 1;
    return index < this.first ? null : this.value(index);
  }

  /**
   * Calls `visit` for the samples of [from_s, to_s] and for one beyond each end, so that lines reach the edges.
   * Where the window is longer than the ring, or a pixel much wider than a bucket, buckets are visited instead.
   */
  visit(from_s: number, to_s: number, pixel_s: number, visit: Visit): void {
    const oldest = this.size === 0 ? Infinity : this.time(this.first);
    const forgotten = this.count > this.size && oldest > from_s;
    if ((pixel_s >= BUCKET_S || forgotten) && this.bucketCount > 1) this.visitBuckets(from_s, to_s, visit);
    else this.visitSamples(from_s, to_s, visit);
  }

  private visitSamples(from_s: number, to_s: number, visit: Visit): void {
    let index = Math.max(this.first, this.upperBound(from_s) - 1);
    for (; index < this.count; index += 1) {
      const t = this.time(index);
      const value = this.value(index);
      visit(t, value, value);
      if (t > to_s) return;
    }
  }

  private visitBuckets(from_s: number, to_s: number, visit: Visit): void {
    const first = Math.max(0, this.bucketCount - MAX_BUCKETS);
    for (let index = first; index < this.bucketCount; index += 1) {
      const slot = index % MAX_BUCKETS;
      const t = this.bucketTimes[slot]!;
      if (t < from_s - BUCKET_S) continue;
      visit(t, this.lows[slot]!, this.highs[slot]!);
      if (t > to_s) return;
    }
  }

  private pushBucket(t_s: number, value: number): void {
    const start = Math.floor(t_s / BUCKET_S) * BUCKET_S;
    const newest = (this.bucketCount - 1) % MAX_BUCKETS;
    const broken = Number.isNaN(value);
    if (this.bucketCount === 0 || this.bucketTimes[newest] !== start || broken) {
      const slot = this.bucketCount % MAX_BUCKETS;
      this.bucketTimes[slot] = start;
      this.lows[slot] = value;
      this.highs[slot] = value;
      this.bucketCount += 1;
    } else if (Number.isNaN(this.lows[newest]!)) {
      this.lows[newest] = value;
      this.highs[newest] = value;
    } else {
      if (value < this.lows[newest]!) this.lows[newest] = value;
      if (value > this.highs[newest]!) this.highs[newest] = value;
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
