/** What lies over the traces: the cursor and what is measured from, the trigger, a selection, and moments that were marked. */
import { css, html, LitElement } from "lit";
import { customElement, query } from "lit/decorators.js";
import type { Moment } from "../moments.js";
import { xAt } from "../plot/draw.js";
import type { Band, TimeAxis } from "../plot/draw.js";
import { base } from "./theme.js";

/** From this part of the axis on a moment's words stand to the left of it. */
const LATE = 0.8;

/** What is to be shown, null for what is not. */
export interface Places {
  cursor_s: number | null;
  anchor_s: number | null;
  trigger_s: number | null;
  level_px: number | null;
  moments: readonly Moment[];
  /** The rows over which lines go, null for all. */
  band: Band | null;
}

@customElement("ard-overlay")
export class Overlay extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        position: absolute;
        overflow: hidden;
        pointer-events: none;
        font-size: 11px;
      }
      .moment {
        position: absolute;
        inset: 0 auto 0 0;
        border-left: 1px dashed var(--text-3);
      }
      .moment span {
        position: absolute;
        top: 0;
        left: 0;
        max-width: 16em;
        padding: 1px 6px;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
        color: var(--surface);
        background: var(--text-2);
        border-radius: 0 4px 4px 0;
        pointer-events: auto;
      }
      .late span {
        left: auto;
        right: 0;
        border-radius: 4px 0 0 4px;
      }
      .cursor,
      .selection {
        position: absolute;
        inset: 0 auto 0 0;
        width: 1px;
        background: color-mix(in srgb, var(--text) 55%, transparent);
      }
      .level {
        position: absolute;
        inset: 0 0 auto 0;
        height: 0;
        border-top: 1px dashed var(--accent);
      }
      .cursor.trigger {
        background: none;
        border-left: 1px dashed var(--accent);
      }
      .cursor.anchor {
        background: var(--accent);
      }
      .selection {
        background: color-mix(in srgb, var(--accent) 18%, transparent);
        border: solid var(--accent);
        border-width: 0 1px;
      }
    `,
  ];
  @query(".cursor:not(.anchor, .trigger)") private readonly cursor!: HTMLElement;
  @query(".anchor") private readonly anchor!: HTMLElement;
  @query(".trigger") private readonly trigger!: HTMLElement;
  @query(".level") private readonly level!: HTMLElement;
  @query(".selection") private readonly selection!: HTMLElement;
  @query(".moments") private readonly flags!: HTMLElement;

  /** Puts everything in its place; called for each picture. */
  place(axis: TimeAxis, places: Places): void {
    if (!this.hasUpdated) return;
    this.line(this.cursor, axis, places.cursor_s, places.band);
    this.line(this.anchor, axis, places.anchor_s, places.band);
    this.line(this.trigger, axis, places.trigger_s, places.band);
    this.level.hidden = places.level_px === null;
    this.level.style.transform = `translate(${axis.left}px, ${places.level_px ?? 0}px)`;
    this.flag(axis, places);
  }

  /** Shows what somebody selects, `width` of 0 for nothing. */
  select(left: number, width: number): void {
    this.selection.hidden = width === 0;
    this.selection.style.transform = `translateX(${left}px)`;
    this.selection.style.width = `${width}px`;
  }

  private line(line: HTMLElement, axis: TimeAxis, at_s: number | null, band: Band | null): void {
    const x = at_s === null ? -1 : xAt(axis, at_s);
    line.hidden = x < axis.left || x > axis.left + axis.width;
    if (!line.hidden) this.put(line, x, band);
  }

  private put(line: HTMLElement, x: number, band: Band | null): void {
    line.style.transform = `translateX(${Math.round(x)}px)`;
    line.style.top = band ? `${band.top}px` : "0";
    line.style.height = band ? `${band.height}px` : "100%";
  }

  /** A flag for each moment: they are few, and the same ones for many pictures. */
  private flag(axis: TimeAxis, { moments, band }: Places): void {
    const { flags } = this;
    while (flags.children.length > moments.length) flags.lastElementChild!.remove();
    while (flags.children.length < moments.length) {
      const flag = document.createElement("div");
      flag.className = "moment";
      flag.append(document.createElement("span"));
      flags.append(flag);
    }
    moments.forEach(({ t_s, text }, number) => {
      const flag = flags.children[number] as HTMLElement;
      const words = flag.firstElementChild as HTMLElement;
      if (words.textContent !== text) words.textContent = words.title = text;
      const x = xAt(axis, t_s);
      flag.classList.toggle("late", x > axis.left + axis.width * LATE);
      this.put(flag, x, band);
    });
  }

  override render(): unknown {
    return html`<div class="moments"></div>
      <div class="selection" hidden></div>
      <div class="level" hidden></div>
      <div class="cursor trigger" hidden></div>
      <div class="cursor anchor" hidden></div>
      <div class="cursor" hidden></div>`;
  }
}
