/** The colours of the moment, from page.css's tokens, and the hatching of gaps. */
import { COLOURS } from "../layout.js";

export interface Ink {
  theme: string;
  /** Of what is written, and how large that is beside PLAIN_PX: a wall is read from afar. */
  font: string;
  em: number;
  grid: string;
  gap: string;
  text: string;
  quiet: string;
  surface: string;
  input: string;
  output: string;
  traces: string[];
  hatch: CanvasPattern | string;
}

/**
 * A canvas' context. Desynchronized spares the browser a copy of the whole picture a frame, which without a GPU is more than
 * half of what the page costs (docs/explanation/performance.md).
 */
export function contextOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  return canvas.getContext("2d", { desynchronized: true })!;
}

/** The size of what is written on the traces, in CSS pixels. */
const PLAIN_PX = 11;

/** Reads the tokens where `canvas` stands. */
export function inkOf(canvas: HTMLCanvasElement): Ink {
  const style = getComputedStyle(canvas);
  const read = (name: string): string => style.getPropertyValue(name).trim();
  const gap = read("--gap");
  return {
    theme: themeOf(),
    font: `${style.fontSize} Geist, system-ui, sans-serif`,
    em: Number.parseFloat(style.fontSize) / PLAIN_PX || 1,
    grid: read("--grid"),
    gap,
    text: read("--text"),
    quiet: read("--text-3"),
    surface: read("--surface"),
    input: read("--lane-in"),
    output: read("--accent"),
    traces: Array.from({ length: COLOURS }, (_, number) => read(`--trace-${number + 1}`)),
    hatch: hatchOf(canvas, gap),
  };
}

export function themeOf(): string {
  return document.documentElement.dataset["theme"] ?? "";
}

/** The tile of the hatching: its side, in CSS pixels. */
export const HATCH_PX = 8;

function hatchOf(canvas: HTMLCanvasElement, colour: string): CanvasPattern | string {
  const tile = document.createElement("canvas");
  tile.width = tile.height = HATCH_PX;
  const context = tile.getContext("2d")!;
  context.strokeStyle = colour;
  context.lineWidth = 1;
  context.beginPath();
  for (const shift of [-HATCH_PX, 0, HATCH_PX]) {
    context.moveTo(shift, HATCH_PX);
    context.lineTo(shift + HATCH_PX, 0);
  }
  context.stroke();
  return contextOf(canvas).createPattern(tile, "repeat") ?? colour;
}
