/** Puts the traces on their canvas: knows where each row lies, the colours of the moment, and each plot's scale. */
import type { ChannelState } from "../store.js";
import { drawGaps, drawLane, drawStates, drawTrace, extent, xAt, yAt } from "./draw.js";
import type { Band, TimeAxis } from "./draw.js";
import type { Groups, PlotGroup } from "./groups.js";
import { clockText, decimalsFor, FollowingScale, timeMarks } from "./scale.js";

/** Room for the numbers of the vertical axes, in CSS pixels. */
const GUTTER = 46;
/** The newest samples are on their way for about so long: the axis ends there, so that traces reach its end. */
const DELAY_S = 0.08;
/** Distance of grid lines, at most, and of time marks, at least, that reads well. */
const LINE_PX = 44;
const MARK_PX = 84;
const FONT = "11px Geist, system-ui, sans-serif";

/** What is to be painted in a frame. */
export interface Scene {
  groups: Groups;
  end_s: number;
  window_s: number;
  plotted(channel: ChannelState): boolean;
  /** Until when a value that did not change is known to hold. */
  heldUntil_s: number;
  /** The words for traces that stand still because nobody answers, null while live. */
  frozen: string | null;
  pointer_s: number | null;
}

interface Colours {
  theme: string;
  grid: string;
  gap: string;
  text: string;
  quiet: string;
  surface: string;
  input: string;
  output: string;
  traces: string[];
}

export class Painter {
  /** Rows may have moved: measure before painting. */
  stale = true;
  private readonly scales = new Map<string, FollowingScale>();
  private readonly bands = new Map<string, Band>();
  /** What was painted last, so that the same picture is not painted twice. */
  private painted = "";
  private colours: Colours | null = null;
  private hatch: CanvasPattern | string = "";
  private axis: TimeAxis = { left: GUTTER, width: 1, from_s: 0, to_s: 1 };

  /** The time below a point of the canvas, or null beside the traces. */
  timeAt(x: number): number | null {
    const { left, width, from_s, to_s } = this.axis;
    return x < left || x > left + width ? null : from_s + ((x - left) / width) * (to_s - from_s);
  }

  paint(root: ShadowRoot, canvas: HTMLCanvasElement, times: HTMLCanvasElement, scene: Scene): void {
    this.takeColours(canvas);
    const moved = this.stale;
    if (moved) this.measure(root, canvas, times);
    const width = canvas.clientWidth;
    const to_s = scene.end_s - (scene.frozen === null ? DELAY_S : 0);
    this.axis = { left: GUTTER, width: Math.max(1, width - GUTTER - 8), from_s: to_s - scene.window_s, to_s };
    // Nothing moves by less than a pixel: a minute's window is painted ten times a second, a frozen one once.
    const step = Math.floor((to_s / scene.window_s) * this.axis.width * (devicePixelRatio || 1));
    const picture = [step, scene.window_s, scene.pointer_s, scene.frozen, this.colours?.theme].join(" ");
    if (!moved && picture === this.painted) return;
    this.painted = picture;
    const context = this.clear(canvas);
    const marks = timeMarks(this.axis.from_s, to_s, this.axis.width, MARK_PX);
    const { plots, lanes, bare, pins } = scene.groups;
    for (const plot of bare ? [...plots, bare] : plots) this.paintPlot(context, plot, scene, marks.at_s);
    for (const lane of [...lanes, ...pins]) this.paintLane(context, lane, scene);
    this.paintPointer(context, scene, canvas.clientHeight);
    if (times.clientHeight > 0) {
      this.paintTimes(this.clear(times), times.clientHeight / 2, marks, scene.pointer_s);
      return;
    }
    // A phone has no axis of its own below: the times go under its one plot.
    for (const plot of bare ? [...plots, bare] : plots) {
      const band = this.bands.get(plot.key);
      if (band && plot.channels.some((channel) => scene.plotted(channel))) this.paintTimes(context, band.top + band.height + 11, marks, null);
    }
  }

  private paintPlot(context: CanvasRenderingContext2D, plot: PlotGroup, scene: Scene, marks: readonly number[]): void {
    const band = this.bands.get(plot.key);
    const shown = plot.channels.filter((channel) => scene.plotted(channel));
    if (!band || shown.length === 0) return;
    const { axis } = this;
    const colours = this.colours!;
    let low = Infinity;
    let high = -Infinity;
    for (const channel of shown) {
      const { output, minimum, maximum, mode } = channel.info;
      // An output's range is known, and says more than what it happened to do; but for a tone's, which ends beyond hearing.
      if (output && minimum !== null && maximum !== null && mode !== "tone") {
        low = Math.min(low, minimum);
        high = Math.max(high, maximum);
        continue;
      }
      const ends = extent(channel.series, axis);
      const last = channel.series.lastValue;
      // An output that nobody moved has no sample in the window, but a value.
      const [least, most] = ends ?? (last !== null && !Number.isNaN(last) ? [last, last] : [Infinity, -Infinity]);
      low = Math.min(low, least);
      high = Math.max(high, most);
    }
    if (low > high) return;
    const following = this.scales.get(plot.key) ?? new FollowingScale();
    this.scales.set(plot.key, following);
    const inner: Band = { top: band.top + 6, height: band.height - 12 };
    const scale = following.follow(low, high, Math.max(2, Math.floor(inner.height / LINE_PX)), scene.end_s);
    context.lineWidth = 1;
    context.strokeStyle = colours.grid;
    context.fillStyle = colours.quiet;
    context.textAlign = "right";
    context.textBaseline = "middle";
    context.beginPath();
    const decimals = decimalsFor(scale.step);
    for (let value = Math.ceil(scale.low / scale.step) * scale.step; value <= scale.high; value += scale.step) {
      const y = Math.round(yAt(inner, scale, value)) + 0.5;
      context.moveTo(axis.left, y);
      context.lineTo(axis.left + axis.width, y);
      context.fillText(value.toFixed(decimals), axis.left - 7, y);
    }
    for (const mark of marks) {
      const x = Math.round(xAt(axis, mark)) + 0.5;
      context.moveTo(x, band.top);
      context.lineTo(x, band.top + band.height);
    }
    context.stroke();
    for (const channel of shown) drawGaps(context, channel.series.gaps, axis, band, this.hatch, colours.quiet);
    for (const channel of shown) {
      const colour = scene.frozen === null ? colours.traces[(plot.colour + plot.channels.indexOf(channel)) % colours.traces.length]! : colours.quiet;
      // What comes only when it changes holds its value meanwhile.
      const step = channel.info.events || channel.info.output ? { until_s: scene.heldUntil_s } : null;
      drawTrace(context, channel.series, axis, inner, scale, colour, step);
    }
    const isFirst = plot === (scene.groups.plots[0] ?? plot);
    if (scene.frozen !== null && isFirst) this.tag(context, scene.frozen, axis.left + axis.width - 6, band.top + 14);
  }

  private paintLane(context: CanvasRenderingContext2D, lane: ChannelState, scene: Scene): void {
    const band = this.bands.get(lane.address);
    if (!band || lane.info.type === "text") return;
    const colours = this.colours!;
    const colour = scene.frozen !== null ? colours.quiet : lane.info.output ? colours.output : colours.input;
    drawGaps(context, lane.series.gaps, this.axis, band, this.hatch, colours.quiet);
    if (lane.info.type === "enum") drawStates(context, lane.series, this.axis, band, lane.info.labels, colour, scene.heldUntil_s);
    else drawLane(context, lane.series, this.axis, band, colour, scene.heldUntil_s);
  }

  private paintPointer(context: CanvasRenderingContext2D, scene: Scene, height: number): void {
    if (scene.pointer_s === null) return;
    const x = Math.round(xAt(this.axis, scene.pointer_s)) + 0.5;
    context.strokeStyle = this.colours!.text;
    context.globalAlpha = 0.5;
    context.beginPath();
    context.moveTo(x, 0);
    context.lineTo(x, height);
    context.stroke();
    context.globalAlpha = 1;
  }

  private paintTimes(
    context: CanvasRenderingContext2D,
    y: number,
    marks: { step_s: number; at_s: readonly number[] },
    pointer_s: number | null,
  ): void {
    const middle = Math.round(y) + 0.5;
    context.fillStyle = this.colours!.quiet;
    context.textAlign = "center";
    context.textBaseline = "middle";
    const right = this.axis.left + this.axis.width;
    for (const mark of marks.at_s) {
      const x = xAt(this.axis, mark);
      const words = clockText(mark, marks.step_s < 1);
      const half = context.measureText(words).width / 2;
      if (x - half >= this.axis.left - 20 && x + half <= right + 8) context.fillText(words, x, middle);
    }
    if (pointer_s !== null) this.tag(context, clockText(pointer_s, true), Math.min(xAt(this.axis, pointer_s) + 32, right + 6), middle);
  }

  /** Words on a small plate, right-aligned at (x, y). */
  private tag(context: CanvasRenderingContext2D, words: string, x: number, y: number): void {
    const colours = this.colours!;
    const width = context.measureText(words).width + 12;
    context.fillStyle = colours.surface;
    context.strokeStyle = colours.gap;
    context.lineWidth = 1;
    context.beginPath();
    context.roundRect(x - width, y - 9, width, 18, 4);
    context.fill();
    context.stroke();
    context.fillStyle = colours.text;
    context.textAlign = "right";
    context.textBaseline = "middle";
    context.fillText(words, x - 6, y + 0.5);
  }

  private clear(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
    const context = canvas.getContext("2d")!;
    const ratio = devicePixelRatio || 1;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, canvas.clientWidth, canvas.clientHeight);
    context.font = FONT;
    return context;
  }

  /** Reads where the rows lie, and gives the canvases as many pixels as the screen has there. */
  private measure(root: ShadowRoot, canvas: HTMLCanvasElement, times: HTMLCanvasElement): void {
    const ratio = devicePixelRatio || 1;
    for (const each of [canvas, times]) {
      each.width = Math.max(1, Math.round(each.clientWidth * ratio));
      each.height = Math.max(1, Math.round(each.clientHeight * ratio));
    }
    const top = canvas.getBoundingClientRect().top;
    this.bands.clear();
    for (const section of root.querySelectorAll<HTMLElement>("section")) {
      const area = section.querySelector(".area")!.getBoundingClientRect();
      // A phone shows one plot; the others have no area.
      if (area.height === 0) continue;
      this.bands.set(section.dataset["plot"] ?? section.dataset["lane"] ?? "", { top: area.top - top, height: area.height });
    }
    this.stale = false;
  }

  private takeColours(canvas: HTMLCanvasElement): void {
    const theme = document.documentElement.dataset["theme"] ?? "";
    if (this.colours?.theme === theme) return;
    const style = getComputedStyle(canvas);
    const read = (name: string): string => style.getPropertyValue(name).trim();
    this.colours = {
      theme,
      grid: read("--grid"),
      gap: read("--gap"),
      text: read("--text"),
      quiet: read("--text-3"),
      surface: read("--surface"),
      input: read("--lane-in"),
      output: read("--accent"),
      traces: [1, 2, 3, 4, 5, 6, 7, 8].map((number) => read(`--trace-${number}`)),
    };
    this.hatch = this.makeHatch(canvas, this.colours.gap);
  }

  private makeHatch(canvas: HTMLCanvasElement, colour: string): CanvasPattern | string {
    const tile = document.createElement("canvas");
    tile.width = tile.height = 8;
    const context = tile.getContext("2d")!;
    context.strokeStyle = colour;
    context.lineWidth = 1;
    context.beginPath();
    for (const shift of [-8, 0, 8]) {
      context.moveTo(shift, 8);
      context.lineTo(shift + 8, 0);
    }
    context.stroke();
    return canvas.getContext("2d")!.createPattern(tile, "repeat") ?? colour;
  }
}
