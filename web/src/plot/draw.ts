/**
 * The traces' renderer: pure drawing with a pen, no state of its own.
 *
 * A trace costs what its samples cost to visit, and draws at most four points a pixel column (first, lowest, highest,
 * last), so that a peak is never lost however many samples fall into a column. Columns lie on multiples of their width in
 * time: what was drawn can be moved by whole columns, and only what is new is drawn.
 */
import type { Gap, Trace } from "../series.js";
import { placeOf } from "./scale.js";
import type { Scale } from "./scale.js";

/** A column with at least so many points is a bar from its lowest to its highest: a line could show no more. */
const DENSE = 4;
/** Samples that are further apart than this, in CSS pixels, are shown one by one. */
const APART_PX = 12;

/** What draws: a canvas, or what writes an SVG file. */
export type Pen = Pick<
  CanvasRenderingContext2D,
  "save" | "restore" | "beginPath" | "rect" | "clip" | "moveTo" | "lineTo" | "stroke" | "fillRect" | "fillText" | "measureText" | "fillStyle" | "strokeStyle" | "lineWidth" | "lineJoin" | "globalAlpha" | "textAlign" | "textBaseline" | "font"
>;

/** Where the time axis lies, in CSS pixels. Its columns are the screen's own pixels. */
export interface TimeAxis {
  left: number;
  width: number;
  from_s: number;
  to_s: number;
  column_s: number;
}

/** A stretch of time that is drawn. */
export interface Stretch {
  from_s: number;
  to_s: number;
}

/** A horizontal strip. */
export interface Band {
  top: number;
  height: number;
}

/** The axis that ends at the column of `to_s`. Its columns are pixels of the screen, `ratio` of which are a CSS pixel. */
export function axisFor(left: number, width: number, to_s: number, window_s: number, ratio: number): TimeAxis & { endColumn: number } {
  const columns = Math.max(1, Math.floor(width * ratio));
  const column_s = window_s / columns;
  const endColumn = Math.floor(to_s / column_s);
  return { left: Math.round(left * ratio) / ratio, width: columns / ratio, from_s: (endColumn - columns) * column_s, to_s: endColumn * column_s, column_s, endColumn };
}

export function xAt(axis: TimeAxis, t_s: number): number {
  return axis.left + ((t_s - axis.from_s) / (axis.to_s - axis.from_s)) * axis.width;
}

export function yAt(band: Band, scale: Scale, value: number): number {
  return band.top + band.height * (1 - placeOf(scale, value));
}

/** The lowest and highest value in a stretch, above zero only where that is asked, or null when there is none. */
export function extent(trace: Trace, stretch: Stretch, column_s: number, positive: boolean): [number, number] | null {
  let low = Infinity;
  let high = -Infinity;
  trace.visit(stretch.from_s, stretch.to_s, column_s, (_t, least, most) => {
    if (positive && least <= 0) least = most;
    if (positive && most <= 0) return;
    if (least < low) low = least;
    if (most > high) high = most;
  });
  return low <= high ? [low, high] : null;
}

/** Draws a sampled channel. `step` holds each value until the next (an output); else points are joined. */
export function drawTrace(
  pen: Pen,
  trace: Trace,
  axis: TimeAxis,
  stretch: Stretch,
  band: Band,
  scale: Scale,
  colour: string,
  step: { until_s: number } | null,
): void {
  const { column_s } = axis;
  const columnPx = axis.width / Math.round((axis.to_s - axis.from_s) / column_s);
  const firstColumn = Math.round(axis.from_s / column_s);
  let column = -Infinity;
  let firstAt_s = 0;
  let lastAt_s = 0;
  let first = 0;
  let low = 0;
  let high = 0;
  let last = 0;
  let samples = 0;
  let open = false;
  let previousX = 0;
  let previousY = 0;
  const y = (value: number): number => yAt(band, scale, value);
  const flush = (): void => {
    if (column === -Infinity) return;
    if (samples >= DENSE) {
      const x = axis.left + (column - firstColumn) * columnPx;
      // An aligned bar instead of a stroked zigzag, and from where the column before ended, so that none stands alone.
      const top = Math.min(y(high), open ? previousY : Infinity) - 0.75;
      const bottom = Math.max(y(low), open ? previousY : -Infinity) + 0.75;
      pen.fillRect(x, top, columnPx, bottom - top);
      pen.moveTo(x + columnPx / 2, y(last));
      previousX = x;
    } else {
      const x = xAt(axis, firstAt_s);
      if (open && step) pen.lineTo(x, previousY);
      if (open) pen.lineTo(x, y(first));
      else pen.moveTo(x, y(first));
      if (low !== high) {
        pen.lineTo(x, y(low));
        pen.lineTo(x, y(high));
      }
      pen.lineTo(xAt(axis, lastAt_s), y(last));
      if (!open || (!step && x - previousX > APART_PX)) pen.fillRect(x - 1.5, y(first) - 1.5, 3, 3);
      previousX = x;
    }
    previousY = y(last);
    open = true;
    column = -Infinity;
  };
  pen.fillStyle = colour;
  pen.beginPath();
  trace.visit(stretch.from_s, stretch.to_s, column_s, (t, least, most, latest) => {
    if (Number.isNaN(least)) {
      flush();
      if (open && step) pen.lineTo(xAt(axis, t), previousY);
      open = false;
      return;
    }
    const at = Math.floor(t / column_s);
    if (at !== column) {
      flush();
      column = at;
      firstAt_s = t;
      first = least;
      low = least;
      high = most;
      samples = least === most ? 1 : DENSE;
    } else {
      samples += least === most ? 1 : DENSE;
      if (least < low) low = least;
      if (most > high) high = most;
    }
    lastAt_s = t;
    last = latest;
  });
  flush();
  if (open && step) pen.lineTo(Math.min(xAt(axis, step.until_s), axis.left + axis.width), previousY);
  pen.strokeStyle = colour;
  pen.lineWidth = 1.5;
  pen.lineJoin = "bevel";
  pen.stroke();
}

/** Draws a digital channel as a logic analyser does: high is a filled bar, low a line; each edge is exact to the pixel. */
export function drawLane(pen: Pen, trace: Trace, axis: TimeAxis, stretch: Stretch, band: Band, colour: string, until_s: number): void {
  const begin = Math.max(axis.left, xAt(axis, stretch.from_s)) - 2;
  const right = axis.left + axis.width;
  const top = band.top + 5;
  const bottom = band.top + band.height - 5;
  let from = 0;
  let value: number | null = null;
  pen.fillStyle = colour;
  const paint = (to: number): void => {
    if (value === null || to < begin) return;
    const x = Math.max(from, begin);
    // A pulse shorter than a pixel still is one pixel wide.
    const width = Math.max(1, Math.min(to, right + 2) - x);
    pen.globalAlpha = value > 0 ? 0.22 : 1;
    if (value > 0) pen.fillRect(x, top, width, bottom - top);
    pen.globalAlpha = value > 0 ? 1 : 0.45;
    pen.fillRect(x, value > 0 ? top : bottom - 1, width, 1.5);
  };
  trace.visit(stretch.from_s, stretch.to_s, axis.column_s, (t, least, most, last) => {
    const x = Math.max(xAt(axis, t), begin);
    paint(x);
    const changed = value !== null && value > 0 !== last > 0;
    if (!Number.isNaN(least) && (changed || least !== most)) {
      pen.globalAlpha = 1;
      pen.fillRect(x - 0.75, top, 1.5, bottom - top);
    }
    value = Number.isNaN(least) ? null : last;
    from = x;
  });
  paint(Math.min(xAt(axis, until_s), right));
  pen.globalAlpha = 1;
}

/** Hatches the stretches in which samples are missing and writes the reason where there is room for it. */
export function drawGaps(pen: Pen, gaps: readonly Gap[], axis: TimeAxis, stretch: Stretch, band: Band, hatch: CanvasPattern | string, textColour: string): void {
  for (const gap of gaps) {
    if (gap.to_s < stretch.from_s || gap.from_s > stretch.to_s) continue;
    const left = xAt(axis, Math.max(gap.from_s, axis.from_s - (axis.to_s - axis.from_s)));
    const right = xAt(axis, Math.min(gap.to_s, axis.to_s));
    pen.fillStyle = hatch;
    pen.fillRect(left, band.top, Math.max(2, right - left), band.height);
    if (band.height < 40 || right - left < pen.measureText(gap.reason).width + 12) continue;
    pen.fillStyle = textColour;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(gap.reason, (left + right) / 2, band.top + band.height / 2);
  }
}

/** Draws a channel of named states: a box a state, with its name where there is room. */
export function drawStates(pen: Pen, trace: Trace, axis: TimeAxis, band: Band, labels: readonly string[], colour: string, until_s: number): void {
  const right = axis.left + axis.width;
  let from = 0;
  let value: number | null = null;
  pen.textAlign = "left";
  pen.textBaseline = "middle";
  pen.fillStyle = colour;
  const paint = (to: number): void => {
    const left = Math.max(from, axis.left);
    const width = Math.min(to, right) - left;
    if (value === null || width <= 0) return;
    pen.globalAlpha = 0.14;
    pen.fillRect(left + 1, band.top + 3, Math.max(1, width - 1), band.height - 6);
    pen.globalAlpha = 1;
    const label = labels[value] ?? String(value);
    if (pen.measureText(label).width + 10 < width) pen.fillText(label, left + 6, band.top + band.height / 2 + 0.5);
  };
  trace.visit(axis.from_s, axis.to_s, axis.column_s, (t, _least, _most, last) => {
    const x = xAt(axis, t);
    if (last === value) return;
    paint(x);
    value = Number.isNaN(last) ? null : last;
    from = x;
  });
  paint(xAt(axis, until_s));
}
