/**
 * Which stretch of time is looked at: the last so many seconds, live, or a fixed one; and where the cursor is. All plots
 * share it. Times are gateway seconds. Touches no DOM.
 */

/** A hundred samples of the fastest board, and a month. */
export const SHORTEST_S = 0.001;
export const LONGEST_S = 31 * 86_400;
/** What a step of the keyboard moves, as a part of the window, and what it widens by. */
export const PAN_STEP = 0.1;
export const ZOOM_STEP = 1.5;

export class View {
  window_s = 10;
  /** The fixed end of the axis; null while it follows the time. */
  end_s: number | null = null;
  /** Where values are read, and the place that is measured from. */
  cursor_s: number | null = null;
  anchor_s: number | null = null;
  /** Changes with anything here. */
  version = 0;

  get live(): boolean {
    return this.end_s === null;
  }

  /** Stands still where it is. */
  pause(now_s: number): void {
    this.end_s ??= now_s;
    this.version += 1;
  }

  /** Follows the time again. */
  follow(): void {
    this.end_s = null;
    this.anchor_s = null;
    this.version += 1;
  }

  /** Shows so many seconds: the last ones, or, fixed, around the middle of what is shown. */
  show(window_s: number, now_s: number): void {
    const middle_s = (this.end_s ?? now_s) - this.window_s / 2;
    this.window_s = clamp(window_s);
    if (this.end_s !== null) this.end_s = Math.min(middle_s + this.window_s / 2, now_s);
    this.version += 1;
  }

  /** Shows exactly [from_s, to_s]. */
  fix(from_s: number, to_s: number): void {
    this.window_s = clamp(to_s - from_s);
    this.end_s = (from_s + to_s + this.window_s) / 2;
    this.version += 1;
  }

  /** Widens (factor above 1) or narrows the window, `at_s` staying where it is on the screen. Live, the end stays now. */
  zoom(factor: number, at_s: number, now_s: number): void {
    const window_s = clamp(this.window_s * factor);
    if (this.end_s !== null) this.end_s = Math.min(at_s + (this.end_s - at_s) * (window_s / this.window_s), now_s);
    this.window_s = window_s;
    this.version += 1;
  }

  /** Moves by so many seconds, into the past where negative. Moved to the present, it follows the time again. */
  pan(by_s: number, now_s: number): void {
    const end_s = (this.end_s ?? now_s) + by_s;
    if (end_s >= now_s) this.follow();
    else this.end_s = end_s;
    this.version += 1;
  }

  /** Puts the cursor there, or takes it away. */
  point(at_s: number | null): void {
    if (this.cursor_s === at_s) return;
    this.cursor_s = at_s;
    this.version += 1;
  }

  /** Measures from there on, or, asked again while it does, no more. */
  anchor(at_s: number): void {
    this.anchor_s = this.anchor_s === null ? at_s : null;
    this.version += 1;
  }
}

function clamp(window_s: number): number {
  return Math.min(LONGEST_S, Math.max(SHORTEST_S, window_s));
}
