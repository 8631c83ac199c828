/**
 * Minima and maxima of one channel over ever wider buckets of time, so that a window of any length costs what its pixels
 * cost, and a spike of a single sample shows in all of them. Imports nothing and touches no DOM.
 */

/** Buckets of the finest tier in a second: 2 ms are less than a pixel in all windows above two seconds. A power of two, so that ends are exact. */
const FINEST_HZ = 512;
/** How many buckets make one of the next tier. */
const FACTOR = 4;
/** 2 ms, 8 ms ... 2,048 s: less than a pixel of the 30-day window. */
const TIERS = 11;
/** The first size of a tier, in buckets; it doubles up to MAX_BUCKETS. */
const MIN_BUCKETS = 64;
/** 8,192 buckets are 2,048 pixels of the finest window that a tier is drawn for: wider than plots are. */
const MAX_BUCKETS = 8192;
/** 2 ms ... 0.5 s: these tiers are full within 70 minutes of a channel whose samples come all the time. */
const BUSY_TIERS = 5;

/** Receives what lies in a window, oldest first: a sample (all three are its value) or a bucket; NaN where a trace breaks. */
export type Visit = (t_s: number, low: number, high: number, last: number) => void;

/** The buckets of one width. A bucket without samples takes no room. */
class Tier {
  private numbers = new Float64Array(MIN_BUCKETS);
  private lows = new Float64Array(MIN_BUCKETS);
  private highs = new Float64Array(MIN_BUCKETS);
  private lasts = new Float64Array(MIN_BUCKETS);
  private count = 0;
  private size = 0;

  constructor(readonly width_s: number) {}

  /** Takes a value into bucket `number`; `before` was the value before it. False when nothing has changed by it. */
  take(number: number, value: number, before: number): boolean {
    const newest = this.slot(this.count - 1);
    if (this.size === 0 || this.numbers[newest] !== number || Number.isNaN(value) !== Number.isNaN(this.lows[newest]!)) {
      this.open(number, value, before);
      return true;
    }
    let changed = false;
    if (value < this.lows[newest]!) {
      this.lows[newest] = value;
      changed = true;
    }
    if (value > this.highs[newest]!) {
      this.highs[newest] = value;
      changed = true;
    }
    return changed;
  }

  /** The begin of the oldest bucket when older ones were forgotten, else -Infinity. */
  get forgottenBefore_s(): number {
    return this.count > this.size ? this.numbers[this.slot(this.count - this.size)]! * this.width_s : -Infinity;
  }

  visit(from_s: number, to_s: number, newest: number, visit: Visit): void {
    const end = this.count;
    let low = end - this.size;
    let high = end;
    const wanted = Math.floor(from_s / this.width_s);
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.numbers[this.slot(middle)]! < wanted) low = middle + 1;
      else high = middle;
    }
    for (let at = Math.max(end - this.size, low - 1); at < end; at += 1) {
      const slot = this.slot(at);
      const t_s = this.numbers[slot]! * this.width_s;
      visit(t_s, this.lows[slot]!, this.highs[slot]!, at === end - 1 ? newest : this.lasts[slot]!);
      if (t_s > to_s) return;
    }
  }

  private open(number: number, value: number, before: number): void {
    const newest = this.slot(this.count - 1);
    if (this.size > 0) this.lasts[newest] = before;
    const previous = this.slot(this.count - 2);
    if (this.size > 1 && Number.isNaN(this.lows[newest]!) && this.numbers[newest] === number && this.numbers[previous] === number) {
      // A break within one bucket is shorter than can be seen: what comes after it goes on.
      this.count -= 1;
      this.size -= 1;
      this.lows[previous] = Math.min(this.lows[previous]!, value);
      this.highs[previous] = Math.max(this.highs[previous]!, value);
      return;
    }
    if (this.size === this.numbers.length && this.size < MAX_BUCKETS) this.reserve(2 * this.size);
    const slot = this.count % this.numbers.length;
    this.numbers[slot] = number;
    this.lows[slot] = value;
    this.highs[slot] = value;
    this.count += 1;
    this.size = Math.min(this.size + 1, this.numbers.length);
  }

  private slot(at: number): number {
    return Math.max(0, at) % this.numbers.length;
  }

  /** Whether there is room for as many buckets as a tier ever has. */
  get whole(): boolean {
    return this.numbers.length === MAX_BUCKETS;
  }

  /** Makes room for so many buckets. */
  reserve(buckets: number): void {
    // The ring has never turned round: slots stay what they are.
    const wider = (column: Float64Array): Float64Array<ArrayBuffer> => {
      const copy = new Float64Array(buckets);
      copy.set(column);
      return copy;
    };
    this.numbers = wider(this.numbers);
    this.lows = wider(this.lows);
    this.highs = wider(this.highs);
    this.lasts = wider(this.lasts);
  }
}

export class Pyramid {
  private readonly tiers = Array.from({ length: TIERS }, (_, number) => new Tier(FACTOR ** number / FINEST_HZ));
  private newest = Number.NaN;
  private busy = false;

  /** Takes the next value; NaN breaks the trace. */
  push(t_s: number, value: number): void {
    let number = Math.floor(t_s * FINEST_HZ);
    for (const tier of this.tiers) {
      // A wider bucket holds the finer one: where that knew the value's extent already, all of them do.
      if (!tier.take(number, value, this.newest)) break;
      number = Math.floor(number / FACTOR);
    }
    this.newest = value;
    if (!this.busy && this.tiers[0]!.whole) this.settle();
  }

  /** The channel is a busy one: what it will take in an hour it takes at once, so that a page does not grow while it is looked at. */
  private settle(): void {
    this.busy = true;
    for (const tier of this.tiers.slice(1, BUSY_TIERS)) if (!tier.whole) tier.reserve(MAX_BUCKETS);
  }

  /** Visits [from_s, to_s], and a bucket beyond each end, in the widest buckets that fit into a pixel, or wider ones where those are forgotten. */
  visit(from_s: number, to_s: number, pixel_s: number, visit: Visit): void {
    this.tierFor(from_s, pixel_s).visit(from_s, to_s, this.newest, visit);
  }

  /** Since when buckets of at most a pixel are kept; -Infinity when none was forgotten. */
  keptSince_s(pixel_s: number): number {
    let since_s = Infinity;
    for (const tier of this.tiers) if (tier.width_s <= pixel_s) since_s = Math.min(since_s, tier.forgottenBefore_s);
    return since_s;
  }

  private tierFor(from_s: number, pixel_s: number): Tier {
    let found = this.tiers[0]!;
    for (const tier of this.tiers) if (tier.width_s <= pixel_s || found.forgottenBefore_s > from_s) found = tier;
    return found;
  }
}
