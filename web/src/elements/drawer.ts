/** The bottom drawer: what happened, and what the sketch printed. Closed, it shows the newest line. */
import { css, html, LitElement } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { guard } from "lit/directives/guard.js";
import { repeat } from "lit/directives/repeat.js";
import type { Line } from "../journal.js";
import { text } from "../messages.js";
import type { Page } from "../page.js";
import { clockText, dayText } from "../plot/scale.js";
import * as icons from "./icons.js";
import { base } from "./theme.js";

/** Lines shown at first; twice as many each time that somebody wants older ones. */
const SHOWN = 200;

@customElement("ard-drawer")
export class Drawer extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: block;
        background: var(--surface);
        border-top: 1px solid var(--line);
        min-width: 0;
      }
      .handle {
        display: grid;
        grid-template-columns: auto auto 1fr auto;
        align-items: center;
        gap: 10px;
        width: 100%;
        height: 32px;
        padding: 0 14px;
        border: 0;
        background: none;
        text-align: left;
      }
      .handle:focus-visible {
        outline-offset: -2px;
      }
      .newest {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
        color: var(--text-2);
      }
      .handle svg {
        color: var(--text-3);
        transition: transform 0.15s;
      }
      .open .handle svg {
        transform: rotate(180deg);
      }
      .lines {
        height: 190px;
        overflow: auto;
        border-top: 1px solid var(--line);
        padding: 6px 0;
        margin: 0;
        list-style: none;
      }
      .line {
        display: grid;
        grid-template-columns: 64px 64px minmax(0, 120px) minmax(0, 1fr);
        gap: 10px;
        padding: 2px 14px;
      }
      .line > :last-child {
        overflow-wrap: anywhere;
      }
      .kind {
        color: var(--text-3);
      }
      .lost .kind,
      .alarm .kind {
        color: var(--warn);
      }
      .stop .kind {
        color: var(--bad);
      }
      .log > :last-child {
        font-family: var(--mono);
        font-size: 12px;
      }
      .board {
        color: var(--text-2);
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .empty {
        padding: 6px 14px;
      }
      .day {
        padding: 6px 14px 2px;
      }
      .older {
        margin: 2px 14px 6px;
        padding: 3px 10px;
        border: 1px solid var(--line);
        border-radius: 6px;
        background: none;
      }
      .older:hover {
        border-color: var(--text-3);
      }
      @media (max-width: 760px) {
        .line {
          grid-template-columns: 62px 52px minmax(0, 1fr);
        }
        .board {
          display: none;
        }
      }
    `,
  ];
  @property({ attribute: false }) page!: Page;
  @property({ attribute: false }) tick = 0;
  @state() private open = false;
  @query(".lines") private readonly list!: HTMLElement | null;
  @state() private shown = SHOWN;
  private atEnd = true;
  /** How far it is from what is read to the end, while older lines come before it. */
  private below: number | null = null;

  override willUpdate(): void {
    const list = this.list;
    this.atEnd = list === null || list.scrollHeight - list.scrollTop - list.clientHeight < 24;
  }

  override updated(): void {
    const list = this.list;
    if (list === null) return;
    // The newest line stays in sight unless the reader scrolled away from it; what is read stays where it is.
    if (this.below !== null) list.scrollTop = list.scrollHeight - this.below;
    else if (this.atEnd) list.scrollTop = list.scrollHeight;
  }

  private toggle(): void {
    this.open = !this.open;
    this.shown = SHOWN;
    this.page.read(this.open);
  }

  private async showOlder(): Promise<void> {
    const { journal } = this.page.store;
    const list = this.list!;
    this.below = list.scrollHeight - list.scrollTop;
    this.shown *= 2;
    if (this.shown > journal.lines.length && journal.older) await this.page.recall(true);
    await this.updateComplete;
    this.below = null;
  }

  /** The day, before the first of its lines, unless it is today. */
  private renderDay(line: Line, before: Line | undefined): unknown {
    const day = dayText(line.t_s);
    const said = before ? dayText(before.t_s) : dayText(this.page.now_s() ?? line.t_s);
    return day === said ? null : html`<div class="day label">${day}</div>`;
  }

  private renderLine(line: Line): unknown {
    return html`<div class="line ${line.kind}">
      <span class="num quiet">${clockText(line.t_s)}</span>
      <span class="kind">${text.journalKind(line.kind)}</span>
      <span class="board">${this.page.store.boards.get(line.board)?.name ?? line.board}</span>
      <span>${line.text}</span>
    </div>`;
  }

  override render(): unknown {
    const { journal } = this.page.store;
    // Who comes and goes, and what went as somebody asked, is no news.
    const newest = journal.lines.findLast((line) => line.kind !== "client" && line.kind !== "command");
    const lines = journal.lines.slice(-this.shown);
    return html`<section class=${this.open ? "open" : ""}>
      <button class="handle" aria-expanded=${this.open} aria-controls="lines" @click=${this.toggle}>
        <span class="label">${text.journal}</span>
        <span class="num quiet">${newest ? clockText(newest.t_s) : ""}</span>
        <span class="newest">${this.open ? "" : (newest?.text ?? text.journalEmpty)}</span>
        ${icons.chevron}
      </button>
      ${this.open
        ? html`<div class="lines" id="lines" role="log" tabindex="0" aria-label=${text.journal}>
            ${journal.older || lines.length < journal.lines.length ? html`<button class="older" @click=${this.showOlder}>${text.journalOlder}</button>` : null}
            ${guard([lines.length, lines[0]?.number, journal.count], () =>
              repeat(lines, (line) => line.number, (line, at) => [this.renderDay(line, lines[at - 1]), this.renderLine(line)]),
            )}
            ${lines.length === 0 ? html`<div class="empty quiet">${text.journalEmpty}</div>` : null}
          </div>`
        : null}
    </section>`;
  }
}
