/** How well it goes, in a word in the top bar; a click shows the counts, per board and in all, and who is connected. */
import { css, html } from "lit";
import { customElement } from "lit/decorators.js";
import { ageText } from "../format.js";
import { text } from "../messages.js";
import type { Spread } from "../health.js";
import type { Board, Channel, LedgerLine, Peer } from "../protocol.js";
import { Popover } from "./popover.js";
import { popoverStyle } from "./popover.style.js";
import { base } from "./theme.js";

/** Missing samples colour the link's health for so long. */
const LOSING_S = 10;
/** Clients that are listed: a class and its teacher. More are counted. */
const LISTED = 40;

@customElement("ard-health")
export class HealthTool extends Popover {
  static override styles = [
    base,
    popoverStyle,
    css`
      .dot {
        flex: none;
        width: 8px;
        height: 8px;
        border-radius: 50%;
        background: var(--idle);
      }
      .good {
        background: var(--good);
      }
      .losing {
        background: var(--warn);
      }
      @media (min-width: 761px) {
        .panel {
          width: 420px;
        }
      }
      .panel {
        gap: 14px;
        cursor: default;
      }
      section {
        display: grid;
        gap: 6px;
      }
      section + section {
        border-top: 1px solid var(--line);
        padding-top: 12px;
      }
      h3 {
        margin: 0;
        font-size: 13px;
        font-weight: 600;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      dl {
        margin: 0;
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto;
        gap: 4px 16px;
      }
      dt {
        color: var(--text-2);
        overflow-wrap: anywhere;
      }
      dd {
        margin: 0;
        text-align: right;
      }
      .lost dd {
        color: var(--warn);
        font-weight: 600;
      }
      li {
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto;
        gap: 0 12px;
      }
      li span {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      ul {
        gap: 5px;
      }
    `,
  ];

  protected override opened(): void {
    void this.page.probe();
  }

  private renderSpread(words: string, spread: Spread, more = ""): unknown {
    const found = spread.summary(performance.now());
    return html`<dt>${words}</dt>
      <dd class="num" title=${found ? text.health.measured(found.count) : ""}>${found ? `${text.health.spread(found.median_ms, found.worst_ms)}${more}` : text.health.notYet}</dd>`;
  }

  /** Channels of one rate and one number of bits, in a line. */
  private renderRates(channels: readonly Channel[]): unknown {
    const lines = new Map<string, string[]>();
    for (const { name, rate_hz, effective_bits, bits } of channels) {
      if (!rate_hz) continue;
      const words = text.health.rate(rate_hz, effective_bits ?? bits);
      lines.set(words, [...(lines.get(words) ?? []), name]);
    }
    return [...lines].map(
      ([words, names]) => html`<dt>${names.join(", ")}</dt>
        <dd class="num">${words}</dd>`,
    );
  }

  private renderBoard(board: Board): unknown {
    const words = text.health;
    const { link } = board;
    const own = this.page.health.of(board.id);
    const count = (value: number): string => value.toLocaleString("en");
    const counters = Object.entries(link?.counters ?? {}).filter(([, value]) => value > 0);
    return html`<section aria-label=${board.name}>
      <h3>${board.name}</h3>
      <dl>
        ${this.renderSpread(words.shown, own.shown)}
        ${link
          ? html`<dt>${words.board}</dt>
              <dd class="num">${words.ms(link.round_trip_ms)}</dd>
              <dt>${words.clock}</dt>
              <dd class="num">${words.within(words.ms(link.clock_error_ms))}</dd>`
          : null}
        <dt>${words.samples}</dt>
        <dd class="num">${own.samples.hz === null ? words.notYet : words.aSecond(own.samples.hz)}</dd>
        ${this.renderRates(board.descriptor?.channels ?? [])}
        ${link
          ? html`<dt>${words.badFrames}</dt>
              <dd class="num">${count(link.bad_frames)}</dd>
              <dt>${words.resends}</dt>
              <dd class="num">${count(link.resends)}</dd>`
          : null}
        ${counters.map(
          ([counter, value]) => html`<dt>${words.counters[counter] ?? counter}</dt>
            <dd class="num">${count(value)}</dd>`,
        )}
      </dl>
      ${this.renderLosses(this.page.store.ledger.filter((line) => line.board === board.id))}
    </section>`;
  }

  private renderLosses(lines: readonly LedgerLine[]): unknown {
    const words = text.health;
    if (lines.length === 0) return html`<div class="quiet">${words.nothingMissing}</div>`;
    return html`<dl class="lost">
      ${lines.map(
        (line) => html`<dt>${words.missingBy(words.places[line.place] ?? line.place, line.reason)}</dt>
          <dd class="num">${line.count.toLocaleString("en")}</dd>`,
      )}
    </dl>`;
  }

  private renderPeer(peer: Peer, now_s: number | null): unknown {
    const { store, leases } = this.page;
    const controls = leases.by(peer.session, now_s);
    const who = peer.session === store.session ? text.here : text.who(peer);
    return html`<li>
      <span title="${peer.principal} ${peer.address}">${who}${peer.address ? html` <span class="quiet">${peer.address}</span>` : null}</span>
      <span class="quiet num">${text.health.since(ageText((now_s ?? peer.since_t_s) - peer.since_t_s))}</span>
      ${controls.length > 0 ? html`<span>${text.health.controls(controls.map((each) => each.slice(each.indexOf("/") + 1)).join(", "))}</span>` : null}
      ${peer.dropped > 0 ? html`<span class="quiet">${text.health.dropped(peer.dropped)}</span>` : null}
    </li>`;
  }

  private renderPanel(): unknown {
    const { page } = this;
    const { store, peers, health } = page;
    const words = text.health;
    const boards = [...store.boards.values()];
    const missing = store.ledger.reduce((sum, line) => sum + line.count, 0);
    const samples = boards.reduce((sum, board) => sum + (health.of(board.id).samples.hz ?? 0), 0);
    const now_s = page.now_s();
    return html`<div class="panel">
      <section>
        <div class="label">${words.title}</div>
        <dl>
          <dt>${words.page}</dt>
          <dd class="num">${page.pageRoundTrip_ms === null ? text.noValue : words.ms(page.pageRoundTrip_ms)}</dd>
          ${this.renderSpread(words.click, health.clicks)}
          ${boards.length > 1
            ? html`<dt>${words.samples}</dt>
                <dd class="num">${words.aSecond(samples)}</dd>`
            : null}
          <dt title=${words.missingSince}>${words.missing}</dt>
          <dd class="num">${missing.toLocaleString("en")}</dd>
          ${store.faults > 0
            ? html`<dt>${words.faults}</dt>
                <dd class="num">${store.faults}</dd>`
            : null}
          <dt>${words.gateway}</dt>
          <dd class="num">${text.product} ${store.gatewayVersion}</dd>
        </dl>
      </section>
      ${boards.map((board) => this.renderBoard(board))}
      <section>
        <div class="label">${words.connected}</div>
        <ul>
          ${peers.slice(0, LISTED).map((peer) => this.renderPeer(peer, now_s))}
        </ul>
        ${peers.length > LISTED ? html`<div class="quiet">${words.more(peers.length - LISTED)}</div>` : null}
      </section>
    </div>`;
  }

  override render(): unknown {
    const { page } = this;
    const { board } = page;
    const words = text.health;
    const linked = page.connection === "open" && board?.state === "live";
    const losing = (page.now_s() ?? 0) - page.store.lastLoss_s < LOSING_S;
    const state = !linked ? "unknown" : losing ? "losing" : "good";
    const word = !linked ? words.none : losing ? words.losing : words.good;
    const trip = board?.link?.round_trip_ms ?? page.pageRoundTrip_ms;
    const took = linked && trip !== null ? words.ms(trip) : null;
    const label = [`${words.title}: ${word}`, took].filter((part) => part !== null).join(" ");
    return html`<button class="tool" aria-expanded=${this.open} aria-label=${label} @click=${() => this.toggle()}>
        <i class="dot ${state}"></i><span class="word">${word}</span>
        ${took === null ? null : html`<span class="num quiet">${took}</span>`}
      </button>
      ${this.open ? this.renderPanel() : null}`;
  }
}
