/** Round numbers for axes. No DOM. */

const HOUR_S = 3600;
const DAY_S = 86_400;
/** Steps of a time axis, in seconds; below a second they are 1, 2, 5 × 10^n. */
const TIME_STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, HOUR_S, 2 * HOUR_S, 3 * HOUR_S, 6 * HOUR_S, 12 * HOUR_S, DAY_S, 2 * DAY_S, 5 * DAY_S, 10 * DAY_S];

/**
 * A vertical scale: its ends and the distance of its grid lines, in the channel's unit. A logarithmic one has the
 * logarithms (base 10) of its ends.
 */
export interface Scale {
  low: number;
  high: number;
  step: number;
  log: boolean;
}

/** The last of 1, 2, 5 × 10^n that is at most `span`. */
export function roundStep(span: number): number {
  const power = 10 ** Math.floor(Math.log10(span));
  const part = span / power;
  return (part >= 5 ? 5 : part >= 2 ? 2 : 1) * power;
}

/** A scale that holds [low, high] with a little room, in at least `lines` steps. */
export function scaleFor(low: number, high: number, lines: number): Scale {
  // A constant value gets room around it: a tenth of it, or one unit around zero.
  const span = high - low || Math.max(Math.abs(high) * 0.1, 1);
  const middle = (low + high) / 2;
  const step = roundStep(span / Math.max(1, lines));
  const room = span * 0.06;
  return {
    low: Math.min(low, middle - span / 2) - room,
    high: Math.max(high, middle + span / 2) + room,
    step,
    log: false,
  };
}

/** A scale between exactly these ends. Logarithmic, what is not above zero has no place: six decades are shown below the upper end. */
export function fixedScale(low: number, high: number, lines: number, log: boolean): Scale {
  if (!log) return { low, high, step: roundStep((high - low) / Math.max(1, lines)), log };
  const top = Math.log10(high > 0 ? high : 1);
  return { low: low > 0 ? Math.log10(low) : top - 6, high: top, step: 1, log };
}

/** A place on the scale, 0 at its lower end and 1 at its upper one. */
export function placeOf(scale: Scale, value: number): number {
  const at = scale.log ? (value > 0 ? Math.log10(value) : -Infinity) : value;
  return Math.max(-1, (at - scale.low) / (scale.high - scale.low));
}

/** The values of the grid lines. */
export function linesOf(scale: Scale): number[] {
  const found: number[] = [];
  if (!scale.log) {
    for (let value = Math.ceil(scale.low / scale.step) * scale.step; value <= scale.high; value += scale.step) found.push(value);
    return found;
  }
  const decades = scale.high - scale.low;
  const parts = decades > 3 ? [1] : decades > 1.2 ? [1, 3] : [1, 2, 3, 5, 7];
  const each = Math.max(1, Math.round(decades / 5));
  for (let power = Math.floor(scale.low); power <= scale.high; power += each) {
    for (const part of parts) {
      const value = part * 10 ** power;
      if (Math.log10(value) >= scale.low && Math.log10(value) <= scale.high) found.push(value);
    }
  }
  return found;
}

/** A grid line's words. */
export function lineText(scale: Scale, value: number): string {
  if (scale.log) return value >= 1e5 || value < 1e-3 ? value.toExponential(0) : String(Number(value.toPrecision(1)));
  const size = Math.max(Math.abs(scale.low), Math.abs(scale.high));
  // Seven digits do not fit beside a plot.
  if (size >= 1e6 && scale.step >= 1000) return `${Number((value / 1e6).toFixed(decimalsFor(scale.step / 1e6)))}M`;
  return value.toFixed(decimalsFor(scale.step));
}

/** Follows a signal: widens at once, narrows only after the signal needed less for a while, so that it does not pump. */
export class FollowingScale {
  private kept: Scale | null = null;
  private narrowSince_s: number | null = null;
  /** How long the signal must need much less room before the scale narrows. */
  private static readonly PATIENCE_S = 2;

  follow(low: number, high: number, lines: number, now_s: number, log = false): Scale {
    const wanted = log ? { ...scaleFor(Math.log10(low), Math.log10(high), lines), log } : scaleFor(low, high, lines);
    const kept = this.kept;
    if (!kept || kept.log !== log || low < kept.low || high > kept.high) return this.keep(wanted);
    if (wanted.high - wanted.low > 0.6 * (kept.high - kept.low)) {
      this.narrowSince_s = null;
      return kept;
    }
    this.narrowSince_s ??= now_s;
    return now_s - this.narrowSince_s > FollowingScale.PATIENCE_S ? this.keep(wanted) : kept;
  }

  private keep(scale: Scale): Scale {
    this.kept = scale;
    this.narrowSince_s = null;
    return scale;
  }
}

/** Times of an axis' marks in [from_s, to_s], at most one every `minimum_px`, on round local times. */
export function timeMarks(from_s: number, to_s: number, width_px: number, minimum_px: number): { step_s: number; at_s: number[] } {
  const least = ((to_s - from_s) / Math.max(1, width_px)) * minimum_px;
  const step_s = least <= 0.5 ? roundUp(least) : (TIME_STEPS_S.find((step) => step >= least) ?? 30 * DAY_S);
  const zone_s = step_s > HOUR_S ? new Date(from_s * 1000).getTimezoneOffset() * 60 : 0;
  const first = Math.ceil((from_s - zone_s) / step_s);
  const at_s: number[] = [];
  for (let number = first; number * step_s + zone_s <= to_s; number += 1) at_s.push(number * step_s + zone_s);
  return { step_s, at_s };
}

/** The first of 1, 2, 5 × 10^n that is at least `span`. */
function roundUp(span: number): number {
  const below = roundStep(span);
  return below >= span ? below : roundStep(below * 2.5);
}

/** The time of day, local, as `12:03:04`, or with so many decimals of a second. */
export function clockText(t_s: number, decimals = 0): string {
  // A mark's time is a multiple of its step, give or take a rounding error that must not show as `.9`.
  const unit = 10 ** decimals;
  const units = Math.floor((t_s + 5e-7) * unit);
  const date = new Date(Math.floor(units / unit) * 1000);
  const two = (value: number): string => String(value).padStart(2, "0");
  const text = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return decimals > 0 ? `${text}.${String(units - Math.floor(units / unit) * unit).padStart(decimals, "0")}` : text;
}

/** The day, local, as `22 Nov`. */
export function dayText(t_s: number): string {
  return new Date(t_s * 1000).toLocaleDateString("en-GB", { day: "numeric", month: "short" });
}

/** A mark's words: as exact as the marks are close, and the day at its begin. */
export function markText(t_s: number, step_s: number): string {
  if (step_s < 1) return clockText(t_s, decimalsFor(step_s));
  const clock = clockText(t_s);
  if (step_s >= DAY_S || (step_s >= 600 && clock === "00:00:00")) return dayText(t_s);
  return step_s >= 60 ? clock.slice(0, 5) : clock;
}

/** How many decimals tell steps of this size apart. */
export function decimalsFor(step: number): number {
  return Math.max(0, Math.min(6, -Math.floor(Math.log10(step) + 1e-9)));
}
