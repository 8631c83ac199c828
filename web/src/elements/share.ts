/** Links for others, with a QR code each. Admins alone see it. */
import { css, html } from "lit";
import { customElement, query, state } from "lit/decorators.js";
import { ageText } from "../format.js";
import { text } from "../messages.js";
import { clockText, dayText } from "../plot/scale.js";
import type { Json } from "../protocol.js";
import { Popover } from "./popover.js";
import { popoverStyle } from "./popover.style.js";
import { codeOf } from "./qr.js";
import { Sheet } from "./sheet.js";
import { base } from "./theme.js";

interface Share {
  id: string;
  grants: string;
  boards: string[] | null;
  until_s: number | null;
  clients: number;
}

const LOOPBACK = /^(localhost|127\..*|\[::1\])$/;

/** A link as others can open it: where this page was reached by a name of the network, by that. */
function reachable(url: string): string {
  const link = new URL(url);
  if (!LOOPBACK.test(location.hostname)) {
    link.protocol = location.protocol;
    link.host = location.host;
  }
  return link.href;
}

@customElement("ard-share")
export class ShareTool extends Popover {
  static override styles = [
    base,
    popoverStyle,
    css`
      .choices {
        flex-wrap: nowrap;
        min-width: 0;
      }
      .choices select {
        flex: auto;
      }
      .code {
        display: block;
        width: 200px;
        height: 200px;
        margin: 0 auto;
        border-radius: 6px;
      }
    `,
  ];
  @state() private shares: Share[] = [];
  @state() private made: string | null = null;
  @query("select[name=grants]") private readonly grants!: HTMLSelectElement;
  @query("select[name=board]") private readonly board!: HTMLSelectElement;
  @query("select[name=end]") private readonly end!: HTMLSelectElement;

  protected override opened(): void {
    this.made = null;
    void this.list();
  }

  private async list(): Promise<void> {
    const answer = (await this.ask("share_list")) as unknown as { shares: Share[] } | null;
    if (answer) this.shares = answer.shares;
  }

  private async create(board: string): Promise<string | null> {
    const params: { [key: string]: Json } = { grants: this.grants.value };
    if (board !== "") params["boards"] = [board];
    if (this.end.value !== "") params["for_s"] = Number(this.end.value);
    const answer = (await this.ask("share_create", params)) as unknown as { url: string } | null;
    return answer && reachable(answer.url);
  }

  private async make(): Promise<void> {
    this.made = await this.create(this.board.value);
    if (this.made !== null) await this.list();
  }

  /** A link a board, as a sheet to print. */
  private async print(): Promise<void> {
    const sheet = new Sheet();
    const role = text.share.roles[this.grants.value] ?? this.grants.value;
    const ends_s = Date.now() / 1000 + Number(this.end.value);
    sheet.may = this.end.value === "" ? role : text.share.until(role, dayText(ends_s), clockText(ends_s).slice(0, 5));
    for (const board of this.page.store.boards.values()) {
      if (board.descriptor === null) continue;
      const url = await this.create(board.id);
      if (url === null) return;
      sheet.cards.push({ name: board.name, url });
    }
    this.open = false;
    document.body.append(sheet);
  }

  private async revoke(share: Share): Promise<void> {
    await this.ask("share_revoke", { share: share.id });
    await this.list();
  }

  private renderShare(share: Share): unknown {
    const words = text.share;
    const now = this.page.now_s();
    const left = share.until_s === null || now === null ? words.forever : words.left(ageText(Math.max(1, share.until_s - now)));
    const names = share.boards?.map((id) => this.page.store.boards.get(id)?.name ?? id).join(", ") ?? words.everyBoard;
    return html`<li class="line">
      <span class="wide">${words.roles[share.grants] ?? share.grants}, ${names}</span><span class="quiet num">${left} · ${words.clients(share.clients)}</span>
      <button @click=${() => void this.revoke(share)}>${words.revoke}</button>
    </li>`;
  }

  override render(): unknown {
    const words = text.share;
    const { page } = this;
    const boards = [...page.store.boards.values()].filter((board) => board.descriptor !== null);
    return html`<button class="tool" aria-expanded=${this.open} @click=${() => this.toggle()}>${words.title}</button>
      ${this.open
        ? html`<div class="panel">
            <div class="label">${words.make}</div>
            <div class="line choices">
              <select name="grants" aria-label=${words.may}>
                ${Object.entries(words.roles).map(([value, word]) => html`<option value=${value}>${word}</option>`)}
              </select>
              <select name="board" aria-label=${words.board}>
                <option value="">${words.everyBoard}</option>
                ${boards.map((board) => html`<option value=${board.id}>${board.name}</option>`)}
              </select>
              <select name="end" aria-label=${words.end}>
                ${words.ends.map(([value, word]) => html`<option value=${value}>${word}</option>`)}
              </select>
            </div>
            <div class="line">
              <button class="main" @click=${() => void this.make()}>${words.makeLink}</button>
              <button @click=${() => void this.print()}>${words.makeSheet}</button>
            </div>
            ${LOOPBACK.test(location.hostname) ? html`<div class="quiet">${words.onlyHere}</div>` : null} ${this.renderTrouble()}
            ${this.made === null
              ? null
              : html`${codeOf(this.made)}
                  <div class="line">
                    <input readonly aria-label=${words.link} .value=${this.made} @focus=${(event: Event) => (event.target as HTMLInputElement).select()} />
                  </div>`}
            ${this.shares.length > 0
              ? html`<div class="label">${words.good}</div>
                  <ul>
                    ${this.shares.map((share) => this.renderShare(share))}
                  </ul>`
              : null}
          </div>`
        : null}`;
  }
}
