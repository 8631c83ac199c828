/** How numbers are written. No DOM. */
import { decimalsFor } from "./plot/scale.js";
import type { Channel } from "./protocol.js";

/** How many decimals of a channel's values carry something: enough for a step of what can be set, or of its scale. */
export function decimalsOf(info: Channel): number {
  if (info.type === "int") return 0;
  if (info.output) {
    // About a hundred steps: what a slider can be set to, and a person means.
    const span = (info.maximum ?? 1) - (info.minimum ?? 0);
    return span > 50 ? 0 : span > 5 ? 1 : 2;
  }
  // A digit that moves with every raw step is noise: four steps make one.
  return info.scale > 0 && info.scale < 1 ? Math.min(3, Math.max(1, decimalsFor(info.scale * 4))) : 2;
}

/** A value with its unit: a space goes between, but for degrees of an angle. */
export function withUnit(words: string, unit: string): string {
  return unit === "" ? words : unit === "°" ? `${words}°` : `${words} ${unit}`;
}

/** How long ago, in one short word. */
export function ageText(age_s: number): string {
  if (age_s < 1) return "now";
  if (age_s < 60) return `${Math.floor(age_s)} s`;
  if (age_s < 3600) return `${Math.floor(age_s / 60)} min`;
  if (age_s < 86400) return `${Math.floor(age_s / 3600)} h`;
  return `${Math.floor(age_s / 86400)} d`;
}

/** How long something takes so far, as a clock shows it. */
export function lengthText(length_s: number): string {
  const seconds = Math.max(0, Math.floor(length_s));
  const two = (value: number): string => String(value).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  return `${hours > 0 ? `${hours}:` : ""}${hours > 0 ? two(Math.floor(seconds / 60) % 60) : Math.floor(seconds / 60)}:${two(seconds % 60)}`;
}

/** A span of time in the unit that fits it. */
export function spanText(span_s: number): string {
  const size_s = Math.abs(span_s);
  const say = (value: number, unit: string): string => `${Number(value.toPrecision(4))} ${unit}`;
  if (size_s < 1e-3) return say(span_s * 1e6, "µs");
  if (size_s < 1) return say(span_s * 1e3, "ms");
  if (size_s < 120) return say(span_s, "s");
  return size_s < 7200 ? say(span_s / 60, "min") : say(span_s / 3600, "h");
}
