/** What is to be painted, and the parts of a picture of it: plots, lanes, times. Draws with a pen, for the screen or a file. */
import type { PlotLayout } from "../layout.js";
import type { Trace } from "../series.js";
import type { ChannelState } from "../store.js";
import { drawGaps, drawLane, drawStates, drawTrace, extent, xAt, yAt } from "./draw.js";
import type { Band, Pen, Stretch, TimeAxis } from "./draw.js";
import type { Groups, PlotGroup } from "./groups.js";
import type { Ink } from "./ink.js";
import { fixedScale, FollowingScale, lineText, linesOf, markText, timeMarks } from "./scale.js";
import type { Scale } from "./scale.js";

/** Distance of grid lines, at most, and of time marks, at least, that reads well; free room above and below a trace. */
const LINE_PX = 44;
const MARK_PX = 84;
export const ROOM_PX = 6;

/** What is to be painted in a frame. */
export interface Scene {
  groups: Groups;
  end_s: number;
  window_s: number;
  /** Whether the end moves with time: then the newest samples are still on their way. */
  live: boolean;
  plotted(channel: ChannelState): boolean;
  /** What is drawn of a channel: its series, or that with older times put before it. */
  trace(channel: ChannelState): Trace;
  /** Until when a value that did not change is known to hold. */
  heldUntil_s(channel: ChannelState): number;
  /** Whether a channel stands still because nobody answers. */
  frozen(channel: ChannelState): boolean;
  /** The words for that, null while all is live. */
  tag: string | null;
  plot(key: string): Readonly<PlotLayout>;
  /** Changes with whatever else changes the picture: what is plotted, where it comes from, how it is arranged. */
  revision: string;
}

export type Marks = ReturnType<typeof timeMarks>;

/** Where times are written, which are `em` times as large as usual. */
export function marksOf(axis: TimeAxis, em: number): Marks {
  return timeMarks(axis.from_s, axis.to_s, axis.width, MARK_PX * em);
}

export function plotsOf(groups: Groups): PlotGroup[] {
  return groups.bare ? [...groups.plots, groups.bare] : groups.plots;
}

/** Whether a channel's value holds until the next comes: what is said only when it changes. */
export function holds(channel: ChannelState): boolean {
  return channel.info.events || channel.info.output;
}

/** Each plot's scale: as the layout says, else following what is in view. */
export class Scales {
  private readonly following = new Map<string, FollowingScale>();
  private readonly current = new Map<string, Scale>();
  /** How large its numbers are beside the usual. */
  em = 1;

  /** How many plots have one. */
  get size(): number {
    return this.current.size;
  }

  /** The scale that the plot had last. */
  of(key: string): Scale | null {
    return this.current.get(key) ?? null;
  }

  /** Fits the plot's scale to what the window holds. Null: there is nothing to draw. */
  fit(plot: PlotGroup, scene: Scene, axis: TimeAxis, band: Band): Scale | null {
    const { log = false, low: least, high: most } = scene.plot(plot.key);
    const lines = Math.max(2, Math.floor((band.height - 2 * ROOM_PX) / (LINE_PX * this.em)));
    let scale: Scale | null = null;
    if (least !== undefined && most !== undefined) scale = fixedScale(least, most, lines, log);
    else {
      const ends = rangeOf(plot, scene, axis, axis, log);
      const following = this.following.get(plot.key) ?? new FollowingScale();
      this.following.set(plot.key, following);
      if (ends) scale = following.follow(ends[0], ends[1], lines, scene.end_s, log);
    }
    const before = this.current.get(plot.key);
    if (scale && before && scale.low === before.low && scale.high === before.high && scale.log === before.log) return before;
    if (scale) this.current.set(plot.key, scale);
    else this.current.delete(plot.key);
    return scale;
  }

  /** Whether what came in a stretch fits onto the scale that the plot has. */
  holds(plot: PlotGroup, scene: Scene, axis: TimeAxis, stretch: Stretch): boolean {
    const { low: fixed, log = false } = scene.plot(plot.key);
    const scale = this.of(plot.key);
    const ends = rangeOf(plot, scene, axis, stretch, log);
    if (ends === null || fixed !== undefined) return true;
    if (scale === null) return false;
    return log ? Math.log10(ends[0]) >= scale.low && Math.log10(ends[1]) <= scale.high : ends[0] >= scale.low && ends[1] <= scale.high;
  }
}

/** The lowest and highest value of a plot in a stretch. */
function rangeOf(plot: PlotGroup, scene: Scene, axis: TimeAxis, stretch: Stretch, log: boolean): [number, number] | null {
  let low = Infinity;
  let high = -Infinity;
  for (const channel of plot.channels) {
    if (!scene.plotted(channel)) continue;
    const { output, minimum, maximum, mode } = channel.info;
    // An output's range is known, and says more than what it happened to do; but for a tone's, which ends beyond hearing.
    if (output && minimum !== null && maximum !== null && mode !== "tone" && !log) {
      low = Math.min(low, minimum);
      high = Math.max(high, maximum);
      continue;
    }
    const ends = extent(scene.trace(channel), stretch, axis.column_s, log);
    const last = channel.series.lastValue;
    // An output that nobody moved has no sample in the window, but a value.
    const [least, most] = ends ?? (last !== null && !Number.isNaN(last) && (!log || last > 0) ? [last, last] : [Infinity, -Infinity]);
    low = Math.min(low, least);
    high = Math.max(high, most);
  }
  return low <= high ? [low, high] : null;
}

/** Draws a stretch of a plot: its grid, what is missing, its traces. */
export function drawPlot(pen: Pen, plot: PlotGroup, scene: Scene, scale: Scale, axis: TimeAxis, stretch: Stretch, band: Band, marks: Marks, ink: Ink): void {
  const inner: Band = { top: band.top + ROOM_PX, height: band.height - 2 * ROOM_PX };
  const left = Math.max(axis.left, xAt(axis, stretch.from_s));
  const right = xAt(axis, Math.min(stretch.to_s, axis.to_s));
  pen.lineWidth = 1;
  pen.strokeStyle = ink.grid;
  pen.beginPath();
  for (const value of linesOf(scale)) {
    const y = Math.round(yAt(inner, scale, value)) + 0.5;
    pen.moveTo(left, y);
    pen.lineTo(right, y);
  }
  for (const mark of marks.at_s) {
    const x = Math.round(xAt(axis, mark)) + 0.5;
    if (x < left - 1 || x > right + 1) continue;
    pen.moveTo(x, band.top);
    pen.lineTo(x, band.top + band.height);
  }
  pen.stroke();
  const shown = plot.channels.filter((channel) => scene.plotted(channel));
  for (const channel of shown) drawGaps(pen, scene.trace(channel).gaps, axis, stretch, band, ink.hatch, ink.quiet);
  for (const channel of shown) {
    const colour = scene.frozen(channel) ? ink.quiet : ink.traces[(scene.groups.colours.get(channel.address) ?? 1) - 1]!;
    const step = holds(channel) ? { until_s: scene.heldUntil_s(channel) } : null;
    drawTrace(pen, scene.trace(channel), axis, stretch, inner, scale, colour, step);
  }
}

/** Writes the numbers of a plot's vertical axis, to the left of the time axis. */
export function drawNumbers(pen: Pen, scale: Scale, axis: TimeAxis, band: Band, ink: Ink): void {
  const inner: Band = { top: band.top + ROOM_PX, height: band.height - 2 * ROOM_PX };
  pen.fillStyle = ink.quiet;
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  for (const value of linesOf(scale)) pen.fillText(lineText(scale, value), axis.left - 7, Math.round(yAt(inner, scale, value)) + 0.5);
}

/** Draws a stretch of a lane. States are drawn whole: their words stand where there is room. */
export function drawRow(pen: Pen, lane: ChannelState, scene: Scene, axis: TimeAxis, stretch: Stretch, band: Band, ink: Ink): void {
  const colour = scene.frozen(lane) ? ink.quiet : lane.info.output ? ink.output : ink.input;
  const trace = scene.trace(lane);
  drawGaps(pen, trace.gaps, axis, stretch, band, ink.hatch, ink.quiet);
  if (lane.info.type === "enum") drawStates(pen, trace, axis, band, lane.info.labels, colour, scene.heldUntil_s(lane));
  else drawLane(pen, trace, axis, stretch, band, colour, scene.heldUntil_s(lane));
}

/** Writes the times of the marks around `y`. */
export function drawTimes(pen: Pen, y: number, axis: TimeAxis, marks: Marks, ink: Ink): void {
  const middle = Math.round(y) + 0.5;
  pen.fillStyle = ink.quiet;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  const right = axis.left + axis.width;
  for (const mark of marks.at_s) {
    const x = xAt(axis, mark);
    const words = markText(mark, marks.step_s);
    const half = pen.measureText(words).width / 2;
    if (x - half >= axis.left - 24 && x + half <= right + 8) pen.fillText(words, x, middle);
  }
}
