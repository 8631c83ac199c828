/**
 * A trigger as an oscilloscope has it: it waits until a channel crosses a level, lets the rest of the window come, and shows
 * that sweep standing still until the next. Touches no DOM and knows no clock but the samples'.
 */
import type { Series } from "../series.js";

/** The least time between two sweeps: faster than that nobody sees one. */
const REST_S = 0.1;

export interface TriggerSettings {
  /** The address of the channel that is watched. */
  channel: string;
  level: number;
  edge: "rising" | "falling";
  /** How much of the window lies before the crossing, 0 to 1. */
  before: number;
  /** Keeps the first sweep. */
  once: boolean;
}

export class Trigger {
  settings: TriggerSettings | null = null;
  /** The crossing that is shown, null while none was. */
  at_s: number | null = null;
  /** Where the search goes on, and a crossing whose sweep is not whole yet. */
  private from_s: number | null = null;
  private found_s: number | null = null;

  /** Begins anew, or ends with null. */
  arm(settings: TriggerSettings | null): void {
    this.settings = settings;
    this.at_s = null;
    this.from_s = null;
    this.found_s = null;
  }

  /** Looks at what has come. Gives the end of the sweep that is shown, or null while there was none. */
  look(series: Series, window_s: number): number | null {
    const { settings } = this;
    const newest_s = series.lastTime;
    if (settings === null || newest_s === null) return null;
    const after_s = window_s * (1 - settings.before);
    if (!(settings.once && this.at_s !== null)) {
      this.from_s ??= newest_s;
      this.found_s ??= crossing(series, this.from_s, newest_s, settings);
      if (this.found_s === null) this.from_s = newest_s;
      else if (newest_s >= this.found_s + after_s) {
        this.at_s = this.found_s;
        this.found_s = null;
        this.from_s = Math.max(newest_s, this.at_s + REST_S);
      }
    }
    return this.at_s === null ? null : this.at_s + after_s;
  }
}

/** The first time after `from_s` at which the channel goes through the level, between two samples, or null. */
export function crossing(series: Series, from_s: number, to_s: number, { level, edge }: Pick<TriggerSettings, "level" | "edge">): number | null {
  const sign = edge === "rising" ? 1 : -1;
  let before: [number, number] | null = null;
  let found_s: number | null = null;
  series.visit(from_s, to_s, 0, (t_s, value) => {
    const past = Number.isNaN(value) ? null : ([t_s, sign * (value - level)] as [number, number]);
    if (found_s === null && before && past && before[1] < 0 && past[1] >= 0 && t_s > from_s) {
      found_s = before[0] + ((t_s - before[0]) * -before[1]) / (past[1] - before[1]);
    }
    before = past;
  });
  return found_s;
}
