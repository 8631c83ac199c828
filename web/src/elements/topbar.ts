/** The top bar: boards and their states, the link's health, and at the far right the stop. */
import { css, html, LitElement } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { text } from "../messages.js";
import { STATE_WORDS } from "../notices.js";
import type { Page } from "../page.js";
import type { Board } from "../protocol.js";
import * as icons from "./icons.js";
import "./health.js";
import "./recorder.js";
import "./share.js";
import "./stop.js";
import { base } from "./theme.js";

/** How long a board shows itself (docs/reference/gateway.md, 3.17). */
const IDENTIFY_MS = 5_000;

@customElement("ard-topbar")
export class TopBar extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: flex;
        align-items: center;
        gap: 8px;
        height: 48px;
        padding: 0 8px 0 14px;
        background: var(--surface);
        border-bottom: 1px solid var(--line);
        min-width: 0;
      }
      .brand {
        display: flex;
        align-items: center;
        gap: 7px;
        font-weight: 650;
        font-size: 15px;
        letter-spacing: -0.01em;
        margin-right: 8px;
      }
      .brand svg {
        color: var(--accent);
      }
      nav {
        display: flex;
        gap: 6px;
        flex: 1;
        min-width: 0;
        overflow-x: auto;
        scrollbar-width: none;
        padding: 4px 2px;
      }
      .chip,
      .tool {
        display: flex;
        align-items: center;
        gap: 7px;
        height: 30px;
        padding: 0 11px;
        border-radius: 15px;
        border: 1px solid var(--line);
        background: none;
        white-space: nowrap;
      }
      .chip:hover,
      .tool:hover {
        border-color: var(--line-strong);
      }
      .chip b {
        font-weight: 600;
        max-width: 180px;
        overflow: hidden;
        text-overflow: ellipsis;
      }
      .chip span {
        color: var(--text-2);
      }
      .chip[aria-current="true"] {
        background: var(--sunken);
        border-color: var(--line-strong);
      }
      .dot {
        flex: none;
        width: 8px;
        height: 8px;
        border-radius: 50%;
        background: var(--idle);
      }
      .dot.live {
        background: var(--good);
      }
      .dot.replay {
        background: var(--lane-in);
      }
      .dot.silent,
      .dot.other_sketch {
        background: var(--warn);
      }
      .dot.down,
      .dot.blocked,
      .dot.stopped {
        background: var(--bad);
      }
      .dot.unknown {
        background: none;
        box-shadow: inset 0 0 0 2px var(--idle);
      }
      .dot.connecting {
        animation: breathe 1.2s ease-in-out infinite alternate;
      }
      @keyframes breathe {
        to {
          opacity: 0.25;
        }
      }
      @media (prefers-reduced-motion: reduce) {
        .dot.connecting,
        .find.on {
          animation: none;
        }
      }
      .tool {
        border-color: transparent;
        border-radius: 6px;
        color: var(--text-2);
        padding: 0 9px;
      }
      .find {
        padding: 0 6px;
        margin-left: -4px;
      }
      .find.on {
        color: var(--accent);
        animation: breathe 0.5s ease-in-out infinite alternate;
      }
      .badge {
        font-weight: 600;
        color: var(--warn);
        white-space: nowrap;
      }
      @media (max-width: 1000px) {
        .brand {
          margin: 0;
        }
        .brand span {
          display: none;
        }
      }
      @media (max-width: 760px) {
        :host {
          gap: 4px;
          padding: 0 8px 0 12px;
        }
        .wall {
          display: none;
        }
      }
      @media (max-width: 359px) {
        .brand {
          display: none;
        }
      }
    `,
  ];
  @property({ attribute: false }) page!: Page;
  @property({ attribute: false }) tick = 0;
  /** The board that blinks because somebody asked here. */
  @state() private blinking: string | null = null;
  private renderChip(board: Board, current: boolean): unknown {
    const known = this.page.connection === "open";
    const live = board.state === "live";
    const word = !known ? text.unknownState : board.stopped && live ? text.stopped.toLowerCase() : board.hung && live ? text.hangs : STATE_WORDS[board.state];
    const dot = !known ? "unknown" : board.stopped || (board.hung && live) ? "stopped" : board.state;
    const chip = html`<button class="chip" aria-current=${current} title=${board.port} @click=${() => this.page.choose(board.id)}>
      <i class="dot ${dot}"></i><b>${board.name}</b><span>${word}</span>
    </button>`;
    if (!current || !this.page.canDrive(board)) return chip;
    const words = this.blinking === board.id ? text.identifying(board.name) : text.identify(board.name);
    return html`${chip}<button
        class="tool find ${this.blinking === board.id ? "on" : ""}"
        aria-label=${words}
        title=${words}
        @click=${() => void this.identify(board)}
      >
        ${icons.eye}
      </button>`;
  }

  private async identify(board: Board): Promise<void> {
    const refusal = await this.page.driver.identify(board.id);
    if (refusal !== null) {
      this.page.store.note("page", board.id, text.refused(refusal), this.page.now_s());
      return;
    }
    this.blinking = board.id;
    setTimeout(() => (this.blinking = null), IDENTIFY_MS);
  }

  override render(): unknown {
    const { page } = this;
    const board = page.board;
    const dark = page.colours.theme === "dark";
    const themeWord = dark ? text.themeToLight : text.themeToDark;
    return html`
      <div class="brand">${icons.link}<span>${text.product}</span></div>
      <nav aria-label=${text.boards}>
        ${[...page.store.boards.values()].map((each) => this.renderChip(each, each === board))}
        ${page.store.boards.size === 0 && page.everOpened ? html`<span class="chip quiet"><i class="dot unknown"></i>${text.noBoards}</span>` : null}
      </nav>
      ${page.connection === "open" && page.store.role === "view" ? html`<span class="badge" title=${text.viewOnlyHint}>${text.viewOnly}</span>` : null}
      <ard-health .page=${page} .tick=${this.tick}></ard-health>
      <ard-recorder .page=${page} .tick=${this.tick}></ard-recorder>
      ${page.connection === "open" && page.store.role === "admin" ? html`<ard-share .page=${page} .tick=${this.tick}></ard-share>` : null}
      <button class="tool wall" aria-label=${text.wall} title=${text.wall} @click=${() => page.showWall(true)}>${icons.screen}</button>
      <button class="tool" aria-label=${themeWord} title=${themeWord} @click=${() => page.colours.swap()}>${dark ? icons.sun : icons.moon}</button>
      <ard-stop .page=${page} .tick=${this.tick}></ard-stop>
    `;
  }
}
