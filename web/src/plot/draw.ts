/**
 * The live traces' renderer: pure drawing on a 2D context, no state of its own.
 *
 * A trace costs what its samples cost to visit, and draws at most four points a pixel column (first, lowest, highest,
 * last), so that a peak is never lost however many samples fall into a column.
 */
import type { Gap, Series } from "../series.js";
import type { Scale } from "./scale.js";

/** A column with at least so many samples is a bar from its lowest to its highest: a line could show no more. */
const DENSE = 4;

/** Where the time axis lies on the canvas, in CSS pixels. */
export interface TimeAxis {
  left: number;
  width: number;
  from_s: number;
  to_s: number;
}

/** A horizontal strip of the canvas. */
export interface Band {
  top: number;
  height: number;
}

export function xAt(axis: TimeAxis, t_s: number): number {
  return axis.left + ((t_s - axis.from_s) / (axis.to_s - axis.from_s)) * axis.width;
}

export function yAt(band: Band, scale: Scale, value: number): number {
  return band.top + band.height * (1 - (value - scale.low) / (scale.high - scale.low));
}

/** The lowest and highest value in the window, or null when there is none. */
export function extent(series: Series, axis: TimeAxis): [number, number] | null {
  let low = Infinity;
  let high = -Infinity;
  const pixel_s = (axis.to_s - axis.from_s) / axis.width;
  series.visit(axis.from_s, axis.to_s, pixel_s, (_t, least, most) => {
    if (least < low) low = least;
    if (most > high) high = most;
  });
  return low <= high ? [low, high] : null;
}

/** Draws a sampled channel. `step` holds each value until the next (an output); else points are joined. */
export function drawTrace(
  context: CanvasRenderingContext2D,
  series: Series,
  axis: TimeAxis,
  band: Band,
  scale: Scale,
  colour: string,
  step: { until_s: number } | null,
): void {
  const pixel_s = (axis.to_s - axis.from_s) / axis.width;
  let column = -Infinity;
  let first = 0;
  let low = 0;
  let high = 0;
  let last = 0;
  let samples = 0;
  let open = false;
  let previousY = 0;
  const y = (value: number): number => yAt(band, scale, value);
  const flush = (): void => {
    if (column === -Infinity) return;
    const x = axis.left + column + 0.5;
    if (samples >= DENSE) {
      // An aligned bar instead of a stroked zigzag, and from where the column before ended, so that none stands alone.
      const top = Math.min(y(high), open ? previousY : Infinity) - 0.75;
      const bottom = Math.max(y(low), open ? previousY : -Infinity) + 0.75;
      context.fillRect(x - 0.5, top, 1, bottom - top);
      context.moveTo(x, y(last));
    } else {
      if (open && step) context.lineTo(x, previousY);
      if (open) context.lineTo(x, y(first));
      else context.moveTo(x, y(first));
      if (low !== high) {
        context.lineTo(x, y(low));
        context.lineTo(x, y(high));
      }
      context.lineTo(x, y(last));
    }
    previousY = y(last);
    open = true;
    column = -Infinity;
  };
  context.save();
  context.beginPath();
  context.rect(axis.left, band.top - 1, axis.width, band.height + 2);
  context.clip();
  context.fillStyle = colour;
  context.beginPath();
  series.visit(axis.from_s, axis.to_s, pixel_s, (t, least, most) => {
    if (Number.isNaN(least)) {
      flush();
      if (open && step) context.lineTo(xAt(axis, t), previousY);
      open = false;
      return;
    }
    const at = Math.floor((t - axis.from_s) / pixel_s);
    if (at !== column) {
      flush();
      column = at;
      first = least;
      low = least;
      high = most;
      samples = 1;
    } else {
      samples += 1;
      if (least < low) low = least;
      if (most > high) high = most;
    }
    last = most;
  });
  flush();
  if (open && step) context.lineTo(Math.min(xAt(axis, step.until_s), axis.left + axis.width), previousY);
  context.strokeStyle = colour;
  context.lineWidth = 1.5;
  context.lineJoin = "bevel";
  context.stroke();
  context.restore();
}

/** Draws a digital channel as a logic analyser does: high is a filled bar, low a line; each edge is exact to the pixel. */
export function drawLane(
  context: CanvasRenderingContext2D,
  series: Series,
  axis: TimeAxis,
  band: Band,
  colour: string,
  until_s: number,
): void {
  const pixel_s = (axis.to_s - axis.from_s) / axis.width;
  const right = axis.left + axis.width;
  const top = band.top + 5;
  const bottom = band.top + band.height - 5;
  let from = 0;
  let value: number | null = null;
  context.save();
  context.beginPath();
  context.rect(axis.left, band.top, axis.width, band.height);
  context.clip();
  context.fillStyle = colour;
  const paint = (to: number): void => {
    if (value === null || to < axis.left) return;
    const x = Math.max(from, axis.left - 2);
    // A pulse shorter than a pixel still is one pixel wide.
    const width = Math.max(1, Math.min(to, right + 2) - x);
    context.globalAlpha = value > 0 ? 0.22 : 1;
    if (value > 0) context.fillRect(x, top, width, bottom - top);
    context.globalAlpha = value > 0 ? 1 : 0.45;
    context.fillRect(x, value > 0 ? top : bottom - 1, width, 1.5);
  };
  series.visit(axis.from_s, axis.to_s, Math.min(pixel_s, 0.01), (t, least, most) => {
    const x = Math.max(xAt(axis, t), axis.left - 2);
    paint(x);
    if (value !== null && !Number.isNaN(least) && value > 0 !== most > 0) {
      context.globalAlpha = 1;
      context.fillRect(x - 0.75, top, 1.5, bottom - top);
    }
    value = Number.isNaN(least) ? null : most;
    from = x;
  });
  paint(Math.min(xAt(axis, until_s), right));
  context.restore();
}

/** Hatches the stretches in which samples are missing and writes the reason where there is room for it. */
export function drawGaps(
  context: CanvasRenderingContext2D,
  gaps: readonly Gap[],
  axis: TimeAxis,
  band: Band,
  hatch: CanvasPattern | string,
  textColour: string,
): void {
  for (const gap of gaps) {
    if (gap.to_s < axis.from_s || gap.from_s > axis.to_s) continue;
    const left = Math.max(axis.left, xAt(axis, gap.from_s));
    const right = Math.min(axis.left + axis.width, xAt(axis, gap.to_s));
    context.fillStyle = hatch;
    context.fillRect(left, band.top, Math.max(2, right - left), band.height);
    if (band.height < 40 || right - left < context.measureText(gap.reason).width + 12) continue;
    context.fillStyle = textColour;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(gap.reason, (left + right) / 2, band.top + band.height / 2);
  }
}

/** Draws a channel of named states: a box a state, with its name where there is room. */
export function drawStates(
  context: CanvasRenderingContext2D,
  series: Series,
  axis: TimeAxis,
  band: Band,
  labels: readonly string[],
  colour: string,
  until_s: number,
): void {
  const right = axis.left + axis.width;
  let from = 0;
  let value: number | null = null;
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.fillStyle = colour;
  const paint = (to: number): void => {
    const left = Math.max(from, axis.left);
    const width = Math.min(to, right) - left;
    if (value === null || width <= 0) return;
    context.globalAlpha = 0.14;
    context.fillRect(left + 1, band.top + 3, Math.max(1, width - 1), band.height - 6);
    context.globalAlpha = 1;
    const label = labels[value] ?? String(value);
    if (context.measureText(label).width + 10 < width) context.fillText(label, left + 6, band.top + band.height / 2 + 0.5);
  };
  series.visit(axis.from_s, axis.to_s, 0, (t, least) => {
    const x = xAt(axis, t);
    if (least === value) return;
    paint(x);
    value = Number.isNaN(least) ? null : least;
    from = x;
  });
  paint(xAt(axis, until_s));
}
