/** Below the plots: live or standing still, how much time is shown, and where the cursor is. */
import { css, html, LitElement } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { emptyLayout } from "../layout.js";
import { text } from "../messages.js";
import type { Page } from "../page.js";
import { save } from "../plot/export.js";
import { clockText, dayText } from "../plot/scale.js";
import type { Board } from "../protocol.js";
import type { ChannelState } from "../store.js";
import { ZOOM_STEP } from "../view.js";
import * as icons from "./icons.js";
import { openBeside, popupStyle } from "./popup.js";
import { base } from "./theme.js";
import "./trigger-bar.js";

@customElement("ard-time-bar")
export class TimeBar extends LitElement {
  static override styles = [
    base,
    popupStyle,
    css`
      :host {
        display: flex;
        align-items: center;
        flex-wrap: wrap;
        gap: 4px 8px;
        min-height: 38px;
        padding: 4px 8px;
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
      button[aria-pressed="true"]:not(.spans *) {
        background: var(--accent-soft);
        color: var(--text);
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
      .boards label {
        display: flex;
        align-items: center;
        gap: 8px;
        height: 30px;
      }
      .boards p {
        margin: 0 0 6px;
        color: var(--text-3);
        font-size: 12px;
      }
      .files {
        padding: 4px;
      }
      .files .label {
        margin: 6px 4px 2px;
        padding: 6px 4px 0;
        border-top: 1px solid var(--line);
      }
      .files .button:hover {
        background: var(--sunken);
      }
      .files .button:focus-within {
        outline: 2px solid var(--accent);
      }
      .files .button {
        position: relative;
        align-items: center;
        border-radius: 6px;
        padding: 0 8px;
        cursor: pointer;
      }
      .files button,
      .files .button {
        display: flex;
        justify-content: space-between;
        gap: 24px;
        width: 100%;
        height: 32px;
        color: var(--text);
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
      @media (max-width: 1000px) {
        .hint {
          display: none;
        }
      }
      @media (max-width: 760px) {
        :host {
          gap: 8px 2px;
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
          width: 36px;
        }
        .live {
          margin-right: auto;
        }
      }
    `,
  ];

  @property({ attribute: false }) page!: Page;
  @property({ attribute: false }) board!: Board;
  @property({ attribute: false }) tick = 0;

  /** What may be looked at as an oscilloscope does. */
  @property({ attribute: false }) channels: readonly ChannelState[] = [];
  /** Saves what is shown as a file. */
  @property({ attribute: false }) export!: (kind: "png" | "svg" | "csv") => Promise<void>;
  /** Why a file could not be had, until the next one. */
  @state() private failed: string | null = null;
  @query(".files") private readonly files!: HTMLElement;
  @query(".boards") private readonly boards!: HTMLElement;

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

  private async save(kind: "png" | "svg" | "csv"): Promise<void> {
    this.files.hidePopover();
    this.failed = null;
    try {
      await this.export(kind);
    } catch (error) {
      this.failed = error instanceof Error ? error.message : String(error);
    }
  }

  private saveLayout(): void {
    this.files.hidePopover();
    save(text.plot.layout.file, new Blob([this.page.looking.layout.serialize()], { type: "application/json" }));
  }

  private async loadLayout(event: Event): Promise<void> {
    const input = event.target as HTMLInputElement;
    const json = await input.files?.[0]?.text();
    input.value = "";
    this.files.hidePopover();
    if (json !== undefined) this.failed = this.page.looking.import(json) ? null : text.plot.layout.none;
  }

  private resetLayout(): void {
    this.files.hidePopover();
    this.page.looking.layout.replace(emptyLayout());
  }

  private renderFiles(): unknown {
    const words = text.plot.layout;
    return html`<button title=${text.plot.saveHint} aria-label=${text.plot.save} @click=${(event: Event) => openBeside(this.files, event.currentTarget as HTMLElement)}>${icons.save}<span class="hint">${text.plot.save}</span></button>
      <div popover class="files">
        ${text.plot.files.map(([kind, kindWords, hint]) => html`<button @click=${() => this.save(kind)}>${kindWords} <span class="quiet">${hint}</span></button>`)}
        <div class="label">${words.title}</div>
        <button @click=${this.saveLayout}>${words.save} <span class="quiet">JSON</span></button>
        <label class="button">${words.load}<input type="file" accept="application/json,.json" class="unseen" @change=${this.loadLayout} /></label>
        <button @click=${this.resetLayout}>${words.reset}</button>
      </div>`;
  }

  /** Which other boards share the axis. */
  private renderBoards(): unknown {
    const { looking, store } = this.page;
    if (store.boards.size < 2) return null;
    const shown = looking.boards(this.board);
    return html`<button @click=${(event: Event) => openBeside(this.boards, event.currentTarget as HTMLElement)}>
        ${text.plot.boards}${shown.length > 1 ? html` <b class="num">${shown.length}</b>` : null}
      </button>
      <div popover class="boards">
        <p>${text.plot.boardsHint}</p>
        ${[...store.boards.values()].map(
          (board) =>
            html`<label
              ><input
                type="checkbox"
                .checked=${shown.includes(board)}
                ?disabled=${board.id === this.board.id}
                @change=${() => looking.toggleBeside(board.id)}
              />${board.name}</label
            >`,
        )}
      </div>`;
  }

  /** What was hidden can be had again. */
  private renderHidden(): unknown {
    const { looking } = this.page;
    const here = looking.layout.hidden.filter((address) => this.page.store.channels.has(address));
    if (here.length === 0) return null;
    const show = (): void => here.forEach((address) => looking.layout.setChannel(address, { hidden: undefined }));
    return html`<button title=${text.plot.showHidden} @click=${show}>${text.plot.hidden(here.length)}</button>`;
  }

  /** Where the cursor is and how far from the place that is measured from; else what stretch is shown. */
  private said(): unknown {
    const { view, past, trigger } = this.page.looking;
    if (view.cursor_s !== null) {
      const decimals = view.window_s <= 60 ? (view.window_s < 0.1 ? 6 : 3) : 0;
      const clock = `${view.window_s > 40_000 ? `${dayText(view.cursor_s)} ` : ""}${clockText(view.cursor_s, decimals)}`;
      const apart_s = view.anchor_s === null ? null : view.cursor_s - view.anchor_s;
      return html`<b class="num">${clock}</b> ${apart_s === null ? null : html`<span class="num">${text.plot.apart(apart_s)}</span>`}`;
    }
    if (past.loading) return text.plot.loading;
    if (past.refused !== null && !view.live) return past.refused;
    const from_s = (view.end_s ?? this.now_s) - view.window_s;
    const { settings, at_s } = trigger;
    if (view.live && settings !== null) {
      const watched = this.page.store.channels.get(settings.channel);
      if (at_s !== null) return html`<span class="num">${text.plot.trigger.seen(clockText(at_s, 3))}</span>`;
      return text.plot.trigger.waits(watched ? this.page.looking.nameOf(watched) : settings.channel, settings.edge, settings.level);
    }
    // A window that none of the buttons names.
    if (view.live && !text.windows.some(([seconds]) => seconds === view.window_s)) return html`<span class="num">${text.plot.shown(view.window_s)}</span>`;
    if (view.live) return html`<span class="quiet hint">${text.plot.hint}</span>`;
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
      ${this.channels.length > 0
        ? html`<ard-trigger .page=${this.page} .channels=${this.channels}></ard-trigger>
            <button aria-pressed=${looking.spectrum} title=${text.plot.spectrum.hint} @click=${() => (looking.spectrum = !looking.spectrum)}>
              ${text.plot.spectrum.title}
            </button>`
        : null}
      ${this.renderBoards()} ${this.renderHidden()}
      <div class="said" role=${this.failed === null ? "none" : "alert"}>${this.failed ?? this.said()}</div>
      ${this.renderFiles()}
    `;
  }
}
