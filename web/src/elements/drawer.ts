/** The bottom drawer: what happened, and what the sketch printed. Closed, it shows the newest line. */
import { css, html, LitElement } from "lit";
import type { PropertyValues } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { text } from "../messages.js";
import type { Page } from "../page.js";
import { clockText } from "../plot/scale.js";
import type { Line } from "../store.js";
import * as icons from "./icons.js";
import { base } from "./theme.js";

/** Lines shown at once; more are in memory, and nobody scrolls further. */
const SHOWN = 300;

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
      .loss .kind {
        color: var(--warn);
      }
      .stop .kind {
        color: var(--bad);
      }
      .text > :last-child {
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
  private atEnd = true;

  override willUpdate(): void {
    const list = this.list;
    this.atEnd = list === null || list.scrollHeight - list.scrollTop - list.clientHeight < 24;
  }

  override updated(_changed: PropertyValues): void {
    // The newest line stays in sight unless the reader scrolled away from it.
    if (this.list && this.atEnd) this.list.scrollTop = this.list.scrollHeight;
  }

  private renderLine(line: Line): unknown {
    return html`<div class="line ${line.kind}">
      <span class="num quiet">${line.t_s === null ? "" : clockText(line.t_s)}</span>
      <span class="kind">${text.journalKinds[line.kind]}</span>
      <span class="board">${this.page.store.boards.get(line.board)?.name ?? line.board}</span>
      <span>${line.text}</span>
    </div>`;
  }

  override render(): unknown {
    const { journal } = this.page.store;
    const newest = journal.at(-1);
    return html`<section class=${this.open ? "open" : ""}>
      <button class="handle" aria-expanded=${this.open} aria-controls="lines" @click=${() => (this.open = !this.open)}>
        <span class="label">${text.journal}</span>
        <span class="num quiet">${newest && newest.t_s !== null ? clockText(newest.t_s) : ""}</span>
        <span class="newest">${this.open ? "" : (newest?.text ?? text.journalEmpty)}</span>
        ${icons.chevron}
      </button>
      ${this.open
        ? html`<div class="lines" id="lines" role="log" tabindex="0" aria-label=${text.journal}>
            ${repeat(journal.slice(-SHOWN), (line) => line.number, (line) => this.renderLine(line))}
            ${journal.length === 0 ? html`<div class="empty quiet">${text.journalEmpty}</div>` : null}
          </div>`
        : null}
    </section>`;
  }
}
