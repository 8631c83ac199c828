/**
 * Puts a scene on its canvases: knows where each row lies, and what is painted already. While time goes on and nothing
 * else changes, the picture is moved by whole pixels and only what is new is drawn; that is what makes it cheap.
 */
import type { ChannelState } from "../store.js";
import { axisFor, xAt } from "./draw.js";
import type { Band, Stretch, TimeAxis } from "./draw.js";
import { contextOf, HATCH_PX, inkOf, themeOf } from "./ink.js";
import type { Ink } from "./ink.js";
import { drawNumbers, drawPlot, drawRow, drawTimes, holds, marksOf, plotsOf, Scales } from "./scene.js";
import type { Marks, Scene } from "./scene.js";

export type { Scene } from "./scene.js";

/** Room for the numbers of the vertical axes, in CSS pixels. */
const GUTTER = 46;
/** And at the right end. */
const MARGIN = 8;
/** The newest samples are on their way for about so long: the axis ends there, so that traces reach its end. */
const DELAY_S = 0.08;
/** How often a scale may become narrower: it waits for two seconds anyway. */
const REFIT_S = 0.5;
/** What is drawn anew begins so many columns early: a line's edge reaches into its neighbour. */
const OVERLAP = 4;

/** What is on the canvas. */
interface Painted {
  face: string;
  endColumn: number;
  /** Until when samples were visible. */
  to_s: number;
}

export class Painter {
  /** Rows may have moved: measure before painting. */
  stale = true;
  /** Pictures painted whole, and moved: what a measurement asks. */
  readonly counts = { whole: 0, moved: 0 };
  private readonly scales = new Scales();
  private readonly bands = new Map<string, Band>();
  private painted: Painted | null = null;
  private fitted_ms = 0;
  /** How many samples of each channel were there. */
  private readonly seen = new Map<string, number>();
  private ink: Ink | null = null;
  private current: TimeAxis & { endColumn: number } = axisFor(GUTTER, 1, 1, 1, 1);
  private width = 1;

  /** Whether anything has been plotted. */
  get plotted(): boolean {
    return this.scales.size > 0;
  }

  get axis(): TimeAxis {
    return this.current;
  }

  /** Where a row lies on the canvas. */
  bandOf(key: string): Band | null {
    return this.bands.get(key) ?? null;
  }

  /** The scale of a plot as it is painted. */
  scaleOf(key: string): ReturnType<Scales["of"]> {
    return this.scales.of(key);
  }

  /** The time below a point of the canvas, or null beside the traces. */
  timeAt(x: number): number | null {
    const { left, width, from_s, to_s } = this.current;
    return x < left || x > left + width ? null : from_s + ((x - left) / width) * (to_s - from_s);
  }

  /** Paints `scene`. `times` is null where there is no axis below. */
  paint(root: ShadowRoot, canvas: HTMLCanvasElement, times: HTMLCanvasElement | null, scene: Scene): void {
    const moved = this.stale;
    if (moved || this.ink?.theme !== themeOf()) this.ink = inkOf(canvas);
    if (moved) this.measure(root, canvas, times);
    const ratio = devicePixelRatio || 1;
    const to_s = scene.end_s - (scene.live ? DELAY_S : 0);
    this.scales.em = this.ink.em;
    const gutter = GUTTER * this.ink.em;
    const axis = axisFor(gutter, Math.max(1, this.width - gutter - MARGIN), to_s, scene.window_s, ratio);
    this.current = axis;
    const face = [scene.window_s, this.ink.theme, scene.tag, scene.live, scene.revision].join(" ");
    const before = this.painted;
    const came_s = this.takeNews(scene, before);
    const shift = before === null ? Infinity : axis.endColumn - before.endColumn;
    // A plate of words does not move with the traces.
    const kept = before !== null && !moved && face === before.face && (shift === 0 || (shift > 0 && scene.tag === null));
    if (kept && shift === 0 && came_s > axis.to_s) return;
    const context = contextOf(canvas);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.font = this.ink.font;
    this.placeHatch(axis, ratio);
    const marks = marksOf(axis, this.ink.em);
    const from_s = kept ? Math.min(before.to_s, came_s) - OVERLAP * axis.column_s : -Infinity;
    const stretch: Stretch = { from_s, to_s: axis.to_s };
    if (kept && from_s > (axis.from_s + axis.to_s) / 2 && this.fits(scene, axis, stretch)) {
      this.move(context, canvas, axis, shift / ratio);
      this.paintRows(context, scene, axis, stretch, marks);
      this.counts.moved += 1;
    } else {
      context.clearRect(0, 0, canvas.width, canvas.height);
      for (const plot of plotsOf(scene.groups)) {
        const band = this.bands.get(plot.key);
        const scale = band ? this.scales.fit(plot, scene, axis, band) : null;
        if (band && scale && plot.channels.some((channel) => scene.plotted(channel))) drawNumbers(context, scale, axis, band, this.ink);
      }
      this.fitted_ms = performance.now();
      this.paintRows(context, scene, axis, { from_s: axis.from_s, to_s: axis.to_s }, marks);
      this.counts.whole += 1;
    }
    this.painted = { face, endColumn: axis.endColumn, to_s: axis.to_s };
    this.paintTimes(context, times, scene, axis, marks, ratio);
  }

  /** Draws a stretch of each row. */
  private paintRows(context: CanvasRenderingContext2D, scene: Scene, axis: TimeAxis, stretch: Stretch, marks: Marks): void {
    const ink = this.ink!;
    const clipped = (from_s: number, band: Band, draw: () => void): void => {
      const ratio = devicePixelRatio || 1;
      const left = Math.max(axis.left, Math.floor(xAt(axis, from_s) * ratio) / ratio);
      context.save();
      context.beginPath();
      context.rect(left, band.top, axis.left + axis.width - left, band.height);
      context.clip();
      context.clearRect(left, band.top, axis.left + axis.width - left, band.height);
      draw();
      context.restore();
    };
    for (const plot of plotsOf(scene.groups)) {
      const band = this.bands.get(plot.key);
      const scale = this.scales.of(plot.key);
      if (!band || !scale || !plot.channels.some((channel) => scene.plotted(channel))) continue;
      const begin: Stretch = { from_s: stretch.from_s - OVERLAP * axis.column_s, to_s: stretch.to_s };
      clipped(stretch.from_s, band, () => drawPlot(context, plot, scene, scale, axis, begin, band, marks, ink));
    }
    const whole: Stretch = { from_s: axis.from_s, to_s: axis.to_s };
    for (const lane of [...scene.groups.lanes, ...scene.groups.pins]) {
      const band = this.bands.get(lane.address);
      if (!band || lane.info.type === "text") continue;
      const part = lane.info.type === "enum" ? whole : stretch;
      clipped(part.from_s, band, () => drawRow(context, lane, scene, axis, part, band, ink));
    }
    const first = this.bands.get(scene.groups.plots[0]?.key ?? "");
    if (scene.tag !== null && first) this.tag(context, scene.tag, axis.left + axis.width - 6, first.top + 14);
  }

  /** Moves the traces to the left by so many CSS pixels. */
  private move(context: CanvasRenderingContext2D, canvas: HTMLCanvasElement, axis: TimeAxis, by: number): void {
    if (by === 0) return;
    const ratio = devicePixelRatio || 1;
    const height = canvas.height / ratio;
    const width = axis.width - by;
    context.save();
    context.beginPath();
    context.rect(axis.left, 0, width, height);
    context.clip();
    context.globalCompositeOperation = "copy";
    context.drawImage(canvas, (axis.left + by) * ratio, 0, width * ratio, canvas.height, axis.left, 0, width, height);
    context.restore();
  }

  /** Whether the scales hold what came, and none has become much too wide. */
  private fits(scene: Scene, axis: TimeAxis, stretch: Stretch): boolean {
    const plots = plotsOf(scene.groups).filter((plot) => this.bands.has(plot.key) && plot.channels.some((channel) => scene.plotted(channel)));
    if (!plots.every((plot) => this.scales.holds(plot, scene, axis, stretch))) return false;
    if (performance.now() - this.fitted_ms < REFIT_S * 1000) return true;
    this.fitted_ms = performance.now();
    return plots.every((plot) => this.scales.of(plot.key) === this.scales.fit(plot, scene, axis, this.bands.get(plot.key)!));
  }

  /** From where on samples came that were not painted; Infinity for nowhere. */
  private takeNews(scene: Scene, before: Painted | null): number {
    let from_s = Infinity;
    const look = (channel: ChannelState): void => {
      const { series } = channel;
      const known = this.seen.get(channel.address) ?? 0;
      if (series.total === known) return;
      this.seen.set(channel.address, series.total);
      if (before === null || series.total === 0) return;
      // What is joined by lines changes from the sample before on; what holds its value, from the new one on.
      from_s = Math.min(from_s, series.timeOf(holds(channel) ? known : known - 1));
    };
    for (const plot of plotsOf(scene.groups)) for (const channel of plot.channels) if (scene.plotted(channel)) look(channel);
    for (const lane of scene.groups.lanes) look(lane);
    for (const pin of scene.groups.pins) look(pin);
    return from_s;
  }

  private paintTimes(context: CanvasRenderingContext2D, times: HTMLCanvasElement | null, scene: Scene, axis: TimeAxis, marks: Marks, ratio: number): void {
    const ink = this.ink!;
    if (times !== null && times.height > 1) {
      const own = contextOf(times);
      own.setTransform(ratio, 0, 0, ratio, 0, 0);
      own.clearRect(0, 0, times.width, times.height);
      own.font = ink.font;
      drawTimes(own, times.height / ratio / 2, axis, marks, ink);
      return;
    }
    // A phone has no axis of its own below: the times go under its one plot.
    for (const plot of plotsOf(scene.groups)) {
      const band = this.bands.get(plot.key);
      if (!band || !plot.channels.some((channel) => scene.plotted(channel))) continue;
      context.clearRect(0, band.top + band.height + 1, this.width, 20);
      drawTimes(context, band.top + band.height + 11, axis, marks, ink);
    }
  }

  /** Words on a small plate, right-aligned at (x, y). */
  private tag(context: CanvasRenderingContext2D, words: string, x: number, y: number): void {
    const ink = this.ink!;
    const width = context.measureText(words).width + 12;
    context.fillStyle = ink.surface;
    context.strokeStyle = ink.gap;
    context.lineWidth = 1;
    context.beginPath();
    context.roundRect(x - width, y - 9, width, 18, 4);
    context.fill();
    context.stroke();
    context.fillStyle = ink.text;
    context.textAlign = "right";
    context.textBaseline = "middle";
    context.fillText(words, x - 6, y + 0.5);
  }

  /** The hatching stands still in time, as the traces do. */
  private placeHatch(axis: TimeAxis & { endColumn: number }, ratio: number): void {
    const hatch = this.ink!.hatch;
    if (typeof hatch !== "string") hatch.setTransform(new DOMMatrix().translate(-((axis.endColumn / ratio) % HATCH_PX), 0));
  }

  /** Reads where the rows lie, and gives the canvases as many pixels as the screen has there. */
  private measure(root: ShadowRoot, canvas: HTMLCanvasElement, times: HTMLCanvasElement | null): void {
    const ratio = devicePixelRatio || 1;
    this.width = canvas.clientWidth;
    for (const each of [canvas, times]) {
      if (each === null) continue;
      each.width = Math.max(1, Math.round(each.clientWidth * ratio));
      each.height = Math.max(1, Math.round(each.clientHeight * ratio));
    }
    const top = canvas.getBoundingClientRect().top;
    this.bands.clear();
    for (const section of root.querySelectorAll<HTMLElement>("section")) {
      const area = section.querySelector(".area")!.getBoundingClientRect();
      // A phone shows one plot; the others have no area.
      if (area.height === 0) continue;
      this.bands.set(section.dataset["plot"] ?? section.dataset["lane"] ?? "", { top: Math.round(area.top - top), height: Math.floor(area.height) });
    }
    this.stale = false;
  }
}
