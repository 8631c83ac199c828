/** Files of what is shown: a picture (PNG, SVG) of the plots, and a table (CSV) of their values from the gateway. */
import { contextOf, inkOf } from "./ink.js";
import { drawPicture, pictureRows, PICTURE_PX } from "./picture.js";
import type { Captions } from "./picture.js";
import type { Scene } from "./scene.js";
import { SVG_HATCH, SvgPen } from "./svg.js";

/** A picture's pixels a CSS pixel: sharp on paper. */
const RATIO = 2;
/** Values of one answer about the past (gateway.md, 3.19). */
const MAX_VALUES = 32_768;

/** The plots as a PNG file. */
export async function pngOf(scene: Scene, captions: Captions, shown: HTMLCanvasElement): Promise<Blob> {
  const canvas = document.createElement("canvas");
  const { height } = pictureRows(scene);
  canvas.width = PICTURE_PX * RATIO;
  canvas.height = height * RATIO;
  const context = contextOf(canvas);
  context.scale(RATIO, RATIO);
  const ink = inkOf(shown);
  context.fillStyle = ink.surface;
  context.fillRect(0, 0, PICTURE_PX, height);
  drawPicture(context, scene, ink, captions, RATIO);
  return new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), "image/png"));
}

/** The plots as an SVG file. */
export function svgOf(scene: Scene, captions: Captions, shown: HTMLCanvasElement): Blob {
  const measuring = contextOf(document.createElement("canvas"));
  measuring.font = "11px Geist, system-ui, sans-serif";
  const pen = new SvgPen((words) => measuring.measureText(words).width);
  const ink = { ...inkOf(shown), hatch: SVG_HATCH };
  drawPicture(pen, scene, ink, captions, RATIO);
  return new Blob([pen.file(PICTURE_PX, pictureRows(scene).height, ink.surface, ink.gap)], { type: "image/svg+xml" });
}

/** The values of a stretch as the gateway has them: every one where they fit into an answer, else minima and maxima. */
export async function csvOf(addresses: readonly string[], from_s: number, to_s: number): Promise<Blob> {
  const question = new URLSearchParams({ channels: addresses.join(","), from_s: from_s.toFixed(6), to_s: to_s.toFixed(6), format: "csv" });
  const ask = async (): Promise<{ table: Blob | null; reason: string; message: string }> => {
    const response = await fetch(`/api/v1/history?${question.toString()}`, { cache: "no-store" });
    if (response.ok) return { table: await response.blob(), reason: "", message: "" };
    const { error } = (await response.json()) as { error: { reason: string; message: string } };
    return { table: null, ...error };
  };
  let answer = await ask();
  if (answer.reason === "cursor_expired") {
    question.delete("from_s");
    answer = await ask();
  }
  if (answer.reason === "too_large") {
    question.set("points", String(Math.floor(MAX_VALUES / (3 * addresses.length))));
    answer = await ask();
  }
  if (answer.table === null) throw new Error(answer.message);
  return answer.table;
}

/** Lets the browser save a file. */
export function save(name: string, file: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
