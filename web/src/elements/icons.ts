/** The few pictures of the page, drawn on a 16-unit grid in the colour of their text. */
import { svg } from "lit";
import type { SVGTemplateResult } from "lit";

const icon = (shape: SVGTemplateResult): SVGTemplateResult =>
  svg`<svg viewBox="0 0 16 16" width="16" height="16" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${shape}</svg>`;

export const tick = icon(svg`<path d="m3.5 8.5 3 3 6-7" />`);
export const cross = icon(svg`<path d="m4.5 4.5 7 7m0-7-7 7" />`);
export const sun = icon(svg`<circle cx="8" cy="8" r="2.8" /><path d="M8 1.5v1.3m0 10.4v1.3M1.5 8h1.3m10.4 0h1.3M3.4 3.4l.9.9m7.4 7.4.9.9m0-9.2-.9.9m-7.4 7.4-.9.9" />`);
export const moon = icon(svg`<path d="M13 9.6A5.4 5.4 0 0 1 6.4 3a5.4 5.4 0 1 0 6.6 6.6Z" />`);
export const chevron = icon(svg`<path d="m4 10 4-4 4 4" />`);
export const pause = icon(svg`<path d="M5.5 3.5v9m5-9v9" />`);
export const play = icon(svg`<path d="m5 3.5 7 4.5-7 4.5z" />`);
export const warning = icon(svg`<path d="M8 2.2 14.5 13.5h-13zM8 6.5v3m0 2v.1" />`);
export const plug = icon(svg`<path d="M6 2v3m4-3v3M4 5.2h8v2.3a4 4 0 0 1-8 0zM8 11.5V14" />`);
export const lock = icon(svg`<rect x="3.5" y="7" width="9" height="6.5" rx="1.5" /><path d="M5.5 7V5.2a2.5 2.5 0 0 1 5 0V7" />`);
export const eye = icon(svg`<path d="M1.5 8S4 3.8 8 3.8 14.5 8 14.5 8 12 12.2 8 12.2 1.5 8 1.5 8Z" /><circle cx="8" cy="8" r="1.9" />`);
export const more = icon(svg`<path d="M3.5 8h.01M8 8h.01M12.5 8h.01" stroke-width="2.4" />`);
export const save = icon(svg`<path d="M8 2v8m0 0L5 7m3 3 3-3M2.5 13.5h11" />`);
export const screen = icon(svg`<rect x="1.8" y="3" width="12.4" height="8.2" rx="1.2" /><path d="M5.5 13.8h5" />`);
export const link = icon(svg`<path d="M2 8h2.5L6.5 3.5l3 9L11.5 8H14" />`);
