/** A pen that writes SVG. It knows what the traces' renderer uses of a canvas, and no more. Touches no DOM. */
import type { Pen } from "./draw.js";

const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
/** Two decimals of a pixel are more than a printer shows. */
const short = (value: number): string => String(Math.round(value * 100) / 100);

/** The name of the hatching for `fillStyle`. */
export const SVG_HATCH = "url(#hatch)";

export class SvgPen implements Pen {
  fillStyle: Pen["fillStyle"] = "#000";
  strokeStyle: Pen["strokeStyle"] = "#000";
  lineWidth = 1;
  lineJoin: CanvasLineJoin = "miter";
  globalAlpha = 1;
  textAlign: CanvasTextAlign = "left";
  textBaseline: CanvasTextBaseline = "alphabetic";
  font = "";
  private readonly parts: string[] = [];
  private path = "";
  private area: [number, number, number, number] | null = null;
  private rects = "";
  private rectStyle = "";
  private clips = 0;
  /** How many groups each `save` has open. */
  private readonly saved: number[] = [];

  /** `measure` tells a text's width, in pixels. */
  constructor(private readonly measure: (text: string) => number) {}

  save(): void {
    this.saved.push(0);
  }

  restore(): void {
    this.flush();
    this.parts.push("</g>".repeat(this.saved.pop() ?? 0));
  }

  beginPath(): void {
    this.path = "";
    this.area = null;
  }

  rect(x: number, y: number, width: number, height: number): void {
    this.area = [x, y, width, height];
  }

  clip(): void {
    if (!this.area) return;
    this.flush();
    const [x, y, width, height] = this.area.map(short);
    const name = `clip${(this.clips += 1)}`;
    this.parts.push(`<clipPath id="${name}"><rect x="${x}" y="${y}" width="${width}" height="${height}"/></clipPath><g clip-path="url(#${name})">`);
    if (this.saved.length > 0) this.saved[this.saved.length - 1]! += 1;
  }

  moveTo(x: number, y: number): void {
    this.path += `M${short(x)} ${short(y)}`;
  }

  lineTo(x: number, y: number): void {
    this.path += `${this.path === "" ? "M" : "L"}${short(x)} ${short(y)}`;
  }

  stroke(): void {
    this.flush();
    if (this.path.includes("L")) {
      this.parts.push(
        `<path d="${this.path}" fill="none" stroke="${escaped(String(this.strokeStyle))}" stroke-width="${this.lineWidth}" stroke-linejoin="${this.lineJoin}"${this.opacity()}/>`,
      );
    }
  }

  /** Rectangles of one style become one path: a dense trace has hundreds. */
  fillRect(x: number, y: number, width: number, height: number): void {
    const style = `fill="${escaped(String(this.fillStyle))}"${this.opacity()}`;
    if (style !== this.rectStyle) this.flush();
    this.rectStyle = style;
    this.rects += `M${short(x)} ${short(y)}h${short(width)}v${short(height)}h${short(-width)}z`;
  }

  fillText(text: string, x: number, y: number): void {
    this.flush();
    const anchor = { left: "start", start: "start", center: "middle", right: "end", end: "end" }[this.textAlign];
    const baseline = this.textBaseline === "middle" ? ' dominant-baseline="central"' : "";
    const weight = this.font.startsWith("600") ? ' font-weight="600"' : "";
    this.parts.push(`<text x="${short(x)}" y="${short(y)}" fill="${escaped(String(this.fillStyle))}" text-anchor="${anchor}"${baseline}${weight}>${escaped(text)}</text>`);
  }

  measureText(text: string): TextMetrics {
    return { width: this.measure(text) } as TextMetrics;
  }

  /** The whole file. */
  file(width: number, height: number, background: string, hatch: string): string {
    this.flush();
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="Geist, system-ui, sans-serif" font-size="11">`,
      `<defs><pattern id="hatch" width="8" height="8" patternUnits="userSpaceOnUse"><path d="M-1 1l2-2M0 8l8-8M7 9l2-2" stroke="${escaped(hatch)}"/></pattern></defs>`,
      `<rect width="${width}" height="${height}" fill="${escaped(background)}"/>`,
      ...this.parts,
      "</svg>",
    ].join("\n");
  }

  private opacity(): string {
    return this.globalAlpha === 1 ? "" : ` opacity="${short(this.globalAlpha)}"`;
  }

  private flush(): void {
    if (this.rects !== "") this.parts.push(`<path d="${this.rects}" ${this.rectStyle}/>`);
    this.rects = "";
  }
}
