/** A QR code as a picture, as wide as there is room. */
import { html, svg } from "lit";
import { encode } from "uqr";
import { text } from "../messages.js";

/** A code that phones read needs a white margin of four modules. */
const MARGIN = 4;

export function codeOf(words: string): unknown {
  const { data, size } = encode(words, { border: 0 });
  const squares = data.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x + MARGIN} ${y + MARGIN}h1v1h-1z` : "")));
  const whole = size + 2 * MARGIN;
  return html`<svg class="code" viewBox="0 0 ${whole} ${whole}" role="img" aria-label=${text.share.code} shape-rendering="crispEdges">
    ${svg`<rect width=${whole} height=${whole} fill="#fff"></rect><path d=${squares.join("")} fill="#000"></path>`}
  </svg>`;
}
