/** The top bar: boards and their states, the link's health, and at the far right the stop. */
import { css, html, LitElement } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { text } from "../messages.js";
import { STATE_WORDS } from "../notices.js";
import type { Page } from "../page.js";
import type { Board } from "../protocol.js";
import * as icons from "./icons.js";
import "./recorder.js";
import "./share.js";
import "./stop.js";
import { base } from "./theme.js";

/** Missing samples colour the link's health for so long. */
const LOSING_S = 10;
/** How long a board shows itself (docs/reference/gateway.md, 3.17). */
const IDENTIFY_MS = 5_000;
const THEME_KEY = "ardugate.theme";

type Theme = "light" | "dark";

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
      .dot.live,
      .dot.good {
        background: var(--good);
      }
      .dot.replay {
        background: var(--lane-in);
      }
      .dot.silent,
      .dot.other_sketch,
      .dot.losing {
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
      .health {
        position: relative;
      }
      dl {
        position: absolute;
        right: 0;
        top: 38px;
        z-index: 30;
        width: 360px;
        margin: 0;
        padding: 14px 16px;
        background: var(--surface);
        border-radius: 10px;
        box-shadow: var(--shadow-pop);
        display: grid;
        grid-template-columns: 1fr auto;
        gap: 6px 16px;
      }
      dl .label {
        grid-column: span 2;
      }
      dt {
        color: var(--text-2);
      }
      dd {
        margin: 0;
        text-align: right;
      }
      dl hr {
        grid-column: span 2;
        width: 100%;
        border: 0;
        border-top: 1px solid var(--line);
        margin: 4px 0;
      }
      @media (max-width: 760px) {
        :host {
          padding: 0 8px 0 12px;
        }
        .brand span,
        .health .word {
          display: none;
        }
        dl {
          position: fixed;
          left: 12px;
          right: 12px;
          top: 54px;
          width: auto;
        }
      }
    `,
  ];
  @property({ attribute: false }) page!: Page;
  @property({ attribute: false }) tick = 0;
  @state() private open = false;
  /** The board that blinks because somebody asked here. */
  @state() private blinking: string | null = null;
  @state() private theme: Theme = "light";
  private readonly system = matchMedia("(prefers-color-scheme: dark)");

  override connectedCallback(): void {
    super.connectedCallback();
    this.applyTheme();
    this.system.addEventListener("change", this.applyTheme);
    document.addEventListener("pointerdown", this.outside);
    document.addEventListener("keydown", this.escape);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.system.removeEventListener("change", this.applyTheme);
    document.removeEventListener("pointerdown", this.outside);
    document.removeEventListener("keydown", this.escape);
  }

  /** The system's colours unless the user chose others here. */
  private readonly applyTheme = (): void => {
    const chosen = localStorage.getItem(THEME_KEY);
    this.theme = chosen === "light" || chosen === "dark" ? chosen : this.system.matches ? "dark" : "light";
    document.documentElement.dataset["theme"] = this.theme;
  };

  private switchTheme(): void {
    const wanted: Theme = this.theme === "dark" ? "light" : "dark";
    if (wanted === (this.system.matches ? "dark" : "light")) localStorage.removeItem(THEME_KEY);
    else localStorage.setItem(THEME_KEY, wanted);
    this.applyTheme();
  }

  private readonly outside = (event: Event): void => {
    if (this.open && !event.composedPath().includes(this.renderRoot.querySelector(".health")!)) this.open = false;
  };

  private readonly escape = (event: KeyboardEvent): void => {
    if (event.key === "Escape") this.open = false;
  };

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

  private renderHealth(board: Board | null): unknown {
    const { page } = this;
    const words = text.health;
    const linked = page.connection === "open" && board?.state === "live";
    const now = page.now_s() ?? 0;
    const losing = now - page.store.lastLoss_s < LOSING_S;
    const state = !linked ? "unknown" : losing ? "losing" : "good";
    const word = !linked ? words.none : losing ? words.losing : words.good;
    const trip = board?.link?.round_trip_ms ?? page.pageRoundTrip_ms;
    const took = linked && trip !== null ? words.ms(trip) : null;
    const label = [`${words.title}: ${word}`, took].filter((part) => part !== null).join(" ");
    return html`<div class="health">
      <button class="tool" aria-expanded=${this.open} aria-label=${label} @click=${() => (this.open = !this.open)}>
        <i class="dot ${state}"></i><span class="word">${word}</span>
        ${took === null ? null : html`<span class="num quiet">${took}</span>`}
      </button>
      ${this.open ? this.renderCounts(board) : null}
    </div>`;
  }

  private renderCounts(board: Board | null): unknown {
    const { page } = this;
    const words = text.health;
    const lines = page.store.ledger;
    const name = (id: string): string => page.store.boards.get(id)?.name ?? id;
    const quality = board?.link;
    return html`<dl>
      <div class="label">${words.title}</div>
      <dt>${words.page}</dt>
      <dd class="num">${page.pageRoundTrip_ms === null ? text.noValue : words.ms(page.pageRoundTrip_ms)}</dd>
      ${quality
        ? html`<dt>${words.board}</dt>
            <dd class="num">${words.ms(quality.round_trip_ms)}</dd>
            <dt>${words.badFrames}</dt>
            <dd class="num">${quality.bad_frames.toLocaleString("en")}</dd>
            <dt>${words.resends}</dt>
            <dd class="num">${quality.resends.toLocaleString("en")}</dd>
            ${Object.entries(quality.counters ?? {})
              .filter(([, count]) => count > 0)
              .map(
                ([counter, count]) => html`<dt>${words.counters[counter] ?? counter}</dt>
                  <dd class="num">${count.toLocaleString("en")}</dd>`,
              )}`
        : null}
      <hr />
      <div class="label">${words.missing}</div>
      ${lines.length === 0 ? html`<dt>${words.nothingMissing}</dt><dd></dd>` : null}
      ${lines.map(
        (line) => html`<dt>${name(line.board)}, ${words.places[line.place] ?? line.place} (${line.reason})</dt>
          <dd class="num">${line.count.toLocaleString("en")}</dd>`,
      )}
      <hr />
      <dt>${words.faults}</dt>
      <dd class="num">${page.store.faults}</dd>
      <dt>${words.gateway}</dt>
      <dd class="num">${text.product} ${page.store.gatewayVersion}</dd>
    </dl>`;
  }

  override render(): unknown {
    const { page } = this;
    const board = page.board;
    const dark = this.theme === "dark";
    const themeWord = dark ? text.themeToLight : text.themeToDark;
    return html`
      <div class="brand">${icons.link}<span>${text.product}</span></div>
      <nav aria-label=${text.boards}>
        ${[...page.store.boards.values()].map((each) => this.renderChip(each, each === board))}
        ${page.store.boards.size === 0 && page.everOpened ? html`<span class="chip quiet"><i class="dot unknown"></i>${text.noBoards}</span>` : null}
      </nav>
      ${page.connection === "open" && page.store.role === "view" ? html`<span class="badge" title=${text.viewOnlyHint}>${text.viewOnly}</span>` : null}
      ${this.renderHealth(board)}
      <ard-recorder .page=${page} .tick=${this.tick}></ard-recorder>
      ${page.connection === "open" && page.store.role === "admin" ? html`<ard-share .page=${page} .tick=${this.tick}></ard-share>` : null}
      <button class="tool" aria-label=${themeWord} title=${themeWord} @click=${this.switchTheme}>${dark ? icons.sun : icons.moon}</button>
      <ard-stop .page=${page} .tick=${this.tick}></ard-stop>
    `;
  }
}
