/** The plots as a picture of its own: a title, a row a plot with its legend, the times. Drawn with any pen. */
import type { Moment } from "../moments.js";
import type { ChannelState } from "../store.js";
import { axisFor, extent, xAt } from "./draw.js";
import type { Band, Pen } from "./draw.js";
import type { Ink } from "./ink.js";
import { drawNumbers, drawPlot, drawRow, drawTimes, marksOf, plotsOf, Scales } from "./scene.js";
import type { Scene } from "./scene.js";

/** Sizes in CSS pixels. Rows are as high as they are meant on the page. */
export const PICTURE_PX = 1200;
const LEGEND_PX = 190;
const HEAD_PX = 44;
const PLOT_PX = 160;
const LANE_PX = 24;
const LINE_PX = 18;
const TIMES_PX = 28;
const EDGE_PX = 20;
const GUTTER_PX = 50;

/** What the picture says in words. */
export interface Captions {
  title: string;
  name(channel: ChannelState): string;
  /** What somebody marked. */
  moments: readonly Moment[];
  /** Its value and unit where the cursor is, or the newest. */
  value(channel: ChannelState): string;
}

/** What stands in the picture, and how high it is. */
export function pictureRows(scene: Scene): { plots: Scene["groups"]["plots"]; lanes: ChannelState[]; height: number } {
  const plots = plotsOf(scene.groups).filter((plot) => plot.channels.some((channel) => scene.plotted(channel)));
  const column_s = scene.window_s / PICTURE_PX;
  // Of the pins that nobody claimed, those that did something.
  const moved = (pin: ChannelState): boolean => {
    const ends = extent(scene.trace(pin), { from_s: scene.end_s - scene.window_s, to_s: scene.end_s }, column_s, false);
    return ends !== null && ends[0] !== ends[1];
  };
  const lanes = [...scene.groups.lanes.filter((lane) => lane.info.type !== "text"), ...scene.groups.pins.filter(moved)];
  return { plots, lanes, height: HEAD_PX + plots.length * PLOT_PX + lanes.length * LANE_PX + TIMES_PX + EDGE_PX };
}

/** Draws the picture, PICTURE_PX wide. */
export function drawPicture(pen: Pen, scene: Scene, ink: Ink, captions: Captions, ratio: number): void {
  const { plots, lanes } = pictureRows(scene);
  const left = LEGEND_PX + GUTTER_PX;
  const axis = axisFor(left, PICTURE_PX - left - EDGE_PX, scene.end_s, scene.window_s, ratio);
  const marks = marksOf(axis, 1);
  const stretch = { from_s: axis.from_s, to_s: axis.to_s };
  const scales = new Scales();
  const plain = "11px Geist, system-ui, sans-serif";
  const words = (text: string, x: number, y: number, colour: string, strong = false): void => {
    pen.font = strong ? `600 ${plain}` : plain;
    pen.fillStyle = colour;
    pen.textAlign = "left";
    pen.textBaseline = "middle";
    pen.fillText(text, x, y);
    pen.font = plain;
  };
  words(captions.title, EDGE_PX, HEAD_PX / 2, ink.text, true);
  let top = HEAD_PX;
  const row = (height: number, draw: (band: Band) => void): void => {
    const band = { top, height: height - 1 };
    pen.fillStyle = ink.grid;
    pen.fillRect(EDGE_PX, top, PICTURE_PX - 2 * EDGE_PX, 1);
    pen.save();
    pen.beginPath();
    pen.rect(axis.left, band.top, axis.width, band.height);
    pen.clip();
    draw(band);
    pen.restore();
    top += height;
  };
  for (const plot of plots) {
    const band = { top, height: PLOT_PX - 1 };
    const scale = scales.fit(plot, scene, axis, band);
    if (scale) drawNumbers(pen, scale, axis, band, ink);
    plot.channels
      .filter((channel) => scene.plotted(channel))
      .forEach((channel, at) => {
        const y = top + 20 + at * LINE_PX;
        if (y > top + PLOT_PX - 8) return;
        pen.fillStyle = ink.traces[(scene.groups.colours.get(channel.address) ?? 1) - 1]!;
        pen.fillRect(EDGE_PX, y - 5, 10, 10);
        words(`${captions.name(channel)}  ${captions.value(channel)}`, EDGE_PX + 18, y, ink.text);
      });
    row(PLOT_PX, (inside) => scale && drawPlot(pen, plot, scene, scale, axis, stretch, inside, marks, ink));
  }
  for (const lane of lanes) {
    words(captions.name(lane), EDGE_PX + 18, top + LANE_PX / 2, ink.text);
    row(LANE_PX, (inside) => drawRow(pen, lane, scene, axis, stretch, inside, ink));
  }
  drawTimes(pen, top + TIMES_PX / 2, axis, marks, ink);
  for (const { t_s, text } of captions.moments) {
    if (t_s < axis.from_s || t_s > axis.to_s) continue;
    const x = Math.round(xAt(axis, t_s));
    pen.fillStyle = ink.text;
    pen.fillRect(x, HEAD_PX, 1, top - HEAD_PX);
    words(text, x + 4, HEAD_PX + 8, ink.text);
  }
}
