/** Below the plots: live or standing still, how much time is shown, and where the cursor is. */
import { css, html, LitElement } from "lit";
import { customElement, property } from "lit/decorators.js";
import { text } from "../messages.js";
import type { Page } from "../page.js";
import { clockText, dayText } from "../plot/scale.js";
import type { Board } from "../protocol.js";
import { ZOOM_STEP } from "../view.js";
import * as icons from "./icons.js";
import { base } from "./theme.js";

@customElement("ard-time-bar")
export class TimeBar extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: flex;
        align-items: center;
        gap: 8px;
        min-height: 38px;
        padding: 0 8px;
        border-top: 1px solid var(--line);
        color: var(--text-2);
      }
      button {
        height: 26px;
        border: 1px solid transparent;
        background: none;
        border-radius: 6px;
        padding: 0 8px;
        display: flex;
        align-items: center;
        justify-content: center;
        gap: 4px;
        color: var(--text-2);
        white-space: nowrap;
      }
      button:hover {
        background: var(--sunken);
      }
      .live {
        width: 76px;
        border-color: var(--line);
      }
      .live.still {
        background: var(--accent);
        border-color: var(--accent);
        color: var(--on-accent);
        font-weight: 600;
      }
      .spans {
        display: flex;
        background: var(--sunken);
        border-radius: 7px;
        padding: 2px;
      }
      .spans button {
        height: 22px;
        padding: 0 7px;
      }
      .spans [aria-pressed="true"] {
        background: var(--surface);
        color: var(--text);
        font-weight: 600;
        box-shadow: 0 0 0 1px var(--line);
      }
      .zoom {
        display: flex;
      }
      .zoom button {
        width: 28px;
        padding: 0;
        font-size: 16px;
      }
      .said {
        flex: 1;
        min-width: 0;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
        text-align: right;
        font-size: 12px;
      }
      .said b {
        color: var(--text);
        font-weight: 600;
      }
      @media (max-width: 760px) {
        :host {
          flex-wrap: wrap;
          padding: 8px;
          border-top: 0;
          border-bottom: 1px solid var(--line);
        }
        button,
        .spans button {
          height: 36px;
        }
        .spans {
          order: 3;
          width: 100%;
        }
        .spans button {
          flex: 1;
          padding: 0;
        }
        .zoom button {
          width: 40px;
        }
      }
    `,
  ];

  @property({ attribute: false }) page!: Page;
  @property({ attribute: false }) board!: Board;
  @property({ attribute: false }) tick = 0;

  private get now_s(): number {
    return this.page.looking.end_s(this.board) ?? 0;
  }

  private toggle(): void {
    const { view } = this.page.looking;
    if (view.live) view.pause(this.now_s);
    else view.follow();
  }

  private zoom(factor: number): void {
    const { view } = this.page.looking;
    view.zoom(factor, (view.end_s ?? this.now_s) - view.window_s / 2, this.now_s);
  }

  /** Where the cursor is and how far from the place that is measured from; else what stretch is shown. */
  private said(): unknown {
    const { view, past } = this.page.looking;
    if (view.cursor_s !== null) {
      const decimals = view.window_s <= 60 ? (view.window_s < 0.1 ? 6 : 3) : 0;
      const clock = `${view.window_s > 40_000 ? `${dayText(view.cursor_s)} ` : ""}${clockText(view.cursor_s, decimals)}`;
      const apart_s = view.anchor_s === null ? null : view.cursor_s - view.anchor_s;
      return html`<b class="num">${clock}</b> ${apart_s === null ? null : html`<span class="num">${text.plot.apart(apart_s)}</span>`}`;
    }
    if (past.loading) return text.plot.loading;
    if (past.refused !== null && !view.live) return past.refused;
    const from_s = (view.end_s ?? this.now_s) - view.window_s;
    // A window that none of the buttons names.
    if (view.live) return text.windows.some(([seconds]) => seconds === view.window_s) ? null : html`<span class="num">${text.plot.shown(view.window_s)}</span>`;
    return html`<span class="num">${text.plot.stretch(`${dayText(from_s)} ${clockText(from_s)}`, clockText(view.end_s ?? 0))}</span>`;
  }

  override render(): unknown {
    const { looking } = this.page;
    const { view } = looking;
    return html`
      <button class="live ${view.live ? "" : "still"}" title=${view.live ? text.pause : text.resume} @click=${this.toggle}>
        ${view.live ? icons.pause : icons.play}${view.live ? text.pause : text.live}
      </button>
      <div class="spans" role="group" aria-label=${text.window}>
        ${text.windows.map(
          ([seconds, word]) =>
            html`<button aria-pressed=${view.window_s === seconds} @click=${() => looking.show(seconds, this.board)}>${word}</button>`,
        )}
      </div>
      <div class="zoom">
        <button title=${text.plot.zoomOut} aria-label=${text.plot.zoomOut} @click=${() => this.zoom(ZOOM_STEP)}>−</button>
        <button title=${text.plot.zoomIn} aria-label=${text.plot.zoomIn} @click=${() => this.zoom(1 / ZOOM_STEP)}>+</button>
      </div>
      <div class="said">${this.said()}</div>
    `;
  }
}
