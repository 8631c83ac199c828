/** The whole page: its frame, its states, and the one loop that draws. */
import { css, html, LitElement } from "lit";
import { customElement, query, state } from "lit/decorators.js";
import { speaks } from "../looking.js";
import { text } from "../messages.js";
import { boardNotice, hungNotice, STATE_WORDS } from "../notices.js";
import type { Notice } from "../notices.js";
import { Page } from "../page.js";
import { clockText } from "../plot/scale.js";
import type { Board } from "../protocol.js";
import "./drawer.js";
import "./notice.js";
import "./outputs.js";
import { base } from "./theme.js";
import "./topbar.js";
import "./traces.js";
import type { Outputs } from "./outputs.js";
import type { Traces } from "./traces.js";

/** Numbers are rewritten this often: faster than that nobody reads them. */
const NUMBERS_MS = 120;

@customElement("ard-app")
export class App extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: block;
        height: 100dvh;
        background: var(--bg);
      }
      .frame {
        height: 100%;
        display: grid;
        grid-template-rows: auto auto 1fr auto;
        position: relative;
      }
      ard-topbar,
      .wall-head {
        grid-row: 1;
      }
      .wall-head {
        display: flex;
        align-items: center;
        gap: 3vw;
        padding: 1.4vh 2vw 0.6vh;
        font-size: max(18px, 3.4vh);
        color: var(--text-2);
      }
      .wall-head b {
        color: var(--text);
        font-weight: 650;
      }
      /* Nothing to press, until somebody reaches for it. */
      .wall-head button {
        margin-left: auto;
        padding: 4px 14px;
        border: 1px solid var(--line-strong);
        border-radius: 6px;
        background: var(--surface);
        font-size: 14px;
        opacity: 0;
      }
      .wall-head:hover button,
      .wall-head button:focus-visible {
        opacity: 1;
      }
      .wall {
        background: var(--surface);
      }
      .wall .columns {
        padding: 0;
      }
      .wall ard-notice {
        zoom: 2;
      }
      .wide {
        grid-row: 2;
        padding: 10px 10px 0;
        display: grid;
        gap: 10px;
      }
      ard-drawer {
        grid-row: 4;
      }
      .columns {
        grid-row: 3;
        display: grid;
        grid-template-columns: minmax(0, 7fr) minmax(344px, 3fr);
        gap: 10px;
        padding: 10px;
        min-height: 0;
      }
      .columns > :only-child {
        grid-column: 1 / -1;
      }
      .left {
        display: flex;
        flex-direction: column;
        gap: 10px;
        min-height: 0;
        min-width: 0;
      }
      .left > :last-child {
        flex: 1;
        min-height: 0;
      }
      ard-outputs {
        min-height: 0;
      }
      .stopped::after {
        content: "";
        position: fixed;
        inset: 0;
        border: 4px solid var(--bad);
        pointer-events: none;
        z-index: 20;
      }
      .replay::after {
        content: "";
        position: fixed;
        inset: 0;
        border: 4px solid var(--lane-in);
        pointer-events: none;
        z-index: 20;
      }
      .lost .columns {
        filter: grayscale(1);
        opacity: 0.6;
      }
      .alone {
        display: grid;
        place-content: center;
        background: var(--surface);
        border: 1px solid var(--line);
        border-radius: var(--radius);
      }
      /* A tablet held upright: side by side nothing would be wide enough. */
      @media (max-width: 1000px) and (orientation: portrait) {
        .columns {
          display: flex;
          flex-direction: column;
          overflow-y: auto;
        }
        .left {
          flex: none;
          height: 62dvh;
        }
        ard-outputs {
          flex: none;
        }
      }
      @media (max-width: 760px) {
        :host {
          height: auto;
          min-height: 100dvh;
        }
        .frame {
          height: auto;
          min-height: 100dvh;
          padding-bottom: calc(72px + env(safe-area-inset-bottom));
        }
        .columns {
          display: flex;
          flex-direction: column;
          overflow-y: visible;
        }
        .left {
          height: auto;
        }
      }
    `,
  ];

  private readonly page = new Page();
  private drawnVersion = -1;
  private numbersAt = 0;
  @state() private tick = 0;
  @query("ard-traces") private readonly traces!: Traces | null;
  @query("ard-outputs") private readonly outputs!: Outputs | null;

  override connectedCallback(): void {
    super.connectedCallback();
    this.page.start();
    addEventListener("keydown", this.escape);
    requestAnimationFrame(this.frame);
  }

  /** Draws what has changed since the last frame; a message itself never touches the page. */
  private readonly frame = (now: number): void => {
    if (this.drawnVersion !== this.page.store.version) {
      this.drawnVersion = this.page.store.version;
      this.tick += 1;
    }
    if (now - this.numbersAt >= NUMBERS_MS) {
      this.numbersAt = now;
      this.traces?.requestUpdate();
      this.outputs?.requestUpdate();
    }
    this.traces?.draw();
    requestAnimationFrame(this.frame);
  };

  private seenText(board: Board): string | null {
    const seen = this.page.store.lastSeen_s.get(board.id);
    return seen === undefined ? null : clockText(seen);
  }

  /** What is said across the whole page: about the gateway, and about the stop. */
  private wideNotices(): Notice[] {
    const { page } = this;
    const notices: Notice[] = [];
    if (page.signedOut) notices.push({ tone: "warn", title: text.signInTitle, text: text.signInText });
    else if (page.connection === "lost" && page.everOpened) {
      notices.push({ tone: "bad", title: text.lostTitle, text: text.lostText(page.lostAt_s === null ? "–" : clockText(page.lostAt_s)) });
    } else if (!page.everOpened) notices.push({ tone: "info", title: text.connectingTitle, text: "" });
    if (page.stopError !== null) notices.push({ tone: "bad", title: text.stop, text: page.stopError });
    const stopped = page.stoppedBoards;
    if (stopped.length > 0 && page.connection === "open") {
      notices.push({ tone: "bad", title: text.stoppedTitle, text: text.stoppedText(stopped.map((board) => board.name).join(", ")) });
    }
    const { recording } = page.looking.past;
    if (recording !== null) notices.push({ tone: "info", title: text.recording.shown, text: text.recording.shownText(recording) });
    return notices;
  }

  override updated(): void {
    const { page } = this;
    const stopped = page.connection === "open" && page.stoppedBoards.length > 0;
    document.title = text.title(page.board?.name ?? null, stopped, page.connection === "lost");
  }

  /** Boards and their states in one large line; the stop is in view here, too. */
  private renderWallHead(): unknown {
    const { page } = this;
    const known = page.connection === "open";
    return html`<header class="wall-head">
      ${[...page.store.boards.values()].map((board) => html`<span><b>${board.name}</b> ${known ? STATE_WORDS[board.state] : text.unknownState}</span>`)}
      <button @click=${() => page.showWall(false)}>${text.leaveWall}</button>
      <ard-stop .page=${page} .tick=${this.tick}></ard-stop>
    </header>`;
  }

  private readonly escape = (event: KeyboardEvent): void => {
    if (event.key === "Escape" && this.page.wall) this.page.showWall(false);
  };

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener("keydown", this.escape);
  }

  override render(): unknown {
    const { page } = this;
    const board = page.board;
    const notices = this.wideNotices();
    const lost = page.everOpened && page.connection !== "open";
    const hangs = board?.state === "live" && board.hung === true;
    const notice = !board || lost ? null : hangs ? hungNotice(board.name) : boardNotice(board.name, board.state, board.reason, board.port, this.seenText(board));
    return html`
      <div class="frame ${lost ? "lost" : page.stoppedBoards.length > 0 ? "stopped" : board?.state === "replay" || page.looking.past.recording !== null ? "replay" : ""} ${page.wall ? "wall" : ""}">
        ${page.wall ? this.renderWallHead() : html`<ard-topbar .page=${page} .tick=${this.tick}></ard-topbar>`}
        ${notices.length > 0 ? html`<div class="wide">${notices.map((wide) => html`<ard-notice .notice=${wide}></ard-notice>`)}</div>` : null}
        <main class="columns">
          <div class="left">
            ${notice ? html`<ard-notice .notice=${notice}></ard-notice>` : null} ${this.renderLeft(board)}
          </div>
          ${board?.descriptor && !page.wall ? html`<ard-outputs .page=${page} .board=${board}></ard-outputs>` : null}
        </main>
        ${page.wall ? null : html`<ard-drawer .page=${page} .tick=${this.tick}></ard-drawer>`}
      </div>
    `;
  }

  private renderLeft(board: Board | null): unknown {
    const { page } = this;
    const traces = (shown: Board): unknown => html`<ard-traces .page=${page} .board=${shown} ?wall=${page.wall}></ard-traces>`;
    if (board?.state === "other_sketch") {
      const printed = html`<ard-sketch-text .lines=${page.store.sketchText.get(board.id) ?? []}></ard-sketch-text>`;
      // The numbers of a sketch that only prints are plotted like any others; its text stays beside them.
      return speaks(board) ? html`${traces(board)}${page.wall ? null : printed}` : printed;
    }
    if (board?.descriptor) return traces(board);
    if (board || !page.everOpened) return html`<div class="alone"></div>`;
    return html`<ard-first-steps .page=${page}></ard-first-steps>`;
  }
}
