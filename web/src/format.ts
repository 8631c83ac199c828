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
