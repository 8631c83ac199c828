/** Round numbers for axes. No DOM. */

/** Steps of a time axis, in seconds. */
const TIME_STEPS_S = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600];

/** A vertical scale: its ends and the distance of its grid lines, in the channel's unit. */
export interface Scale {
  low: number;
  high: number;
  step: number;
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
  };
}

/** Follows a signal: widens at once, narrows only after the signal needed less for a while, so that it does not pump. */
export class FollowingScale {
  private kept: Scale | null = null;
  private narrowSince_s: number | null = null;
  /** How long the signal must need much less room before the scale narrows. */
  private static readonly PATIENCE_S = 2;

  follow(low: number, high: number, lines: number, now_s: number): Scale {
    const wanted = scaleFor(low, high, lines);
    const kept = this.kept;
    if (!kept || low < kept.low || high > kept.high) return this.keep(wanted);
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

/** Times of an axis' marks in [from_s, to_s], at most one every `minimum_px`, and whether seconds need a fraction. */
export function timeMarks(from_s: number, to_s: number, width_px: number, minimum_px: number): { step_s: number; at_s: number[] } {
  const least = ((to_s - from_s) / Math.max(1, width_px)) * minimum_px;
  const step_s = TIME_STEPS_S.find((step) => step >= least) ?? 7200;
  const at_s: number[] = [];
  for (let t = Math.ceil(from_s / step_s) * step_s; t <= to_s; t += step_s) at_s.push(t);
  return { step_s, at_s };
}

/** The time of day, local, as `12:03:04` or, for marks closer than a second, `12:03:04.5`. */
export function clockText(t_s: number, fraction = false): string {
  // A mark's time is a multiple of its step, give or take a rounding error that must not show as `.9`.
  const date = new Date(Math.round(t_s * 1000));
  const two = (value: number): string => String(value).padStart(2, "0");
  const text = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return fraction ? `${text}.${Math.floor(date.getMilliseconds() / 100)}` : text;
}

/** How many decimals tell steps of this size apart. */
export function decimalsFor(step: number): number {
  return Math.max(0, Math.min(6, -Math.floor(Math.log10(step) + 1e-9)));
}
