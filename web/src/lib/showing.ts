/** Components that show: `<ard-status>`, `<ard-value>`; and the stop, `<ard-stop>`. */
import { css, html, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import { StopButton } from "../elements/stop-button.js";
import type { Stoppable } from "../elements/stop-button.js";
import { decimalsOf, withUnit } from "../format.js";
import { elementText, text, valueText } from "../messages.js";
import { STATE_WORDS } from "../notices.js";
import type { Board } from "../protocol.js";
import { ChannelElement, looks, sentenceOf, SiteElement } from "./element.js";
import { site } from "./site.js";
import type { Site } from "./site.js";

/** `<ard-status>`: how the boards are, in a word each. */
@customElement("ard-status")
export class StatusElement extends SiteElement {
  static override styles = [
    looks,
    css`
      :host {
        font-size: 14px;
        font-weight: 400;
        letter-spacing: 0;
        vertical-align: middle;
      }
      .board {
        display: inline-flex;
        align-items: center;
        gap: 7px;
        height: 28px;
        padding: 0 11px;
        border: 1px solid var(--line);
        border-radius: 14px;
        margin-right: 6px;
        white-space: nowrap;
      }
      b {
        font-weight: 600;
        max-width: 16em;
        overflow: hidden;
        text-overflow: ellipsis;
      }
      i {
        width: 8px;
        height: 8px;
        border-radius: 50%;
        background: var(--idle);
      }
      i.live {
        background: var(--good);
      }
      i.silent,
      i.other_sketch {
        background: var(--warn);
      }
      i.down,
      i.blocked,
      i.stopped {
        background: var(--bad);
      }
      i.replay {
        background: var(--lane-in);
      }
    `,
  ];

  private renderBoard(board: Board): unknown {
    const bad = board.state === "live" && (board.stopped || board.hung === true);
    const word = !bad ? STATE_WORDS[board.state] : board.stopped ? text.stopped.toLowerCase() : text.hangs;
    return html`<span class="board" title=${board.reason || nothing}><i class=${bad ? "stopped" : board.state}></i><b>${board.name}</b>${word}</span>`;
  }

  override render(): unknown {
    const { site: found } = this;
    const boards = found?.boards(this.board) ?? [];
    let shown: unknown = boards.map((board) => this.renderBoard(board));
    if (this.trouble !== null) shown = html`<span class="board"><i class="down"></i>${this.trouble}</span>`;
    else if (!found || found.connection.state !== "open") shown = html`<span class="board"><i></i>${found ? elementText.lost : elementText.connecting}</span>`;
    else if (boards.length === 0) shown = html`<span class="board"><i></i>${text.noBoards}</span>`;
    return html`<span role="status">${shown}</span>`;
  }
}

/** `<ard-value channel="temp">`: the newest value with its unit. */
@customElement("ard-value")
export class ValueElement extends ChannelElement {
  static override styles = [
    looks,
    css`
      .stale {
        opacity: 0.5;
        text-decoration: underline dotted;
      }
    `,
  ];
  /** How many decimals; else what the channel is good for. */
  @property({ type: Number }) digits: number | null = null;

  override render(): unknown {
    const { found, value } = this;
    if (this.trouble !== null) return html`<span class="trouble" role="alert">${this.trouble}</span>`;
    const digits = this.digits ?? (found && typeof value === "number" ? decimalsOf(found.info) : null);
    const words = valueText(value, digits);
    const shown = typeof value === "number" ? withUnit(words, found?.info.unit ?? "") : words;
    return html`<span class="num ${this.stale ? "stale" : ""}" title=${this.stale ? elementText.old : nothing}>${shown}</span>`;
  }
}

/** `<ard-stop>`: STOP ALL OUTPUTS, of every board or of the one it names. */
@customElement("ard-stop")
export class StopElement extends StopButton implements Stoppable {
  static override styles = [
    looks,
    StopButton.styles,
    css`
      :host {
        display: inline-flex;
        vertical-align: middle;
        font-size: 13px;
      }
      .trouble {
        align-self: center;
      }
    `,
  ];
  @property() board = "";
  stopPending = false;
  private site: Site | null = null;
  private trouble: string | null = null;
  private off = (): void => undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    site().then(
      (found) => {
        this.site = found;
        this.off = found.watch(() => this.requestUpdate());
        this.requestUpdate();
      },
      () => undefined,
    );
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.off();
  }

  protected override get stoppable(): Stoppable | null {
    return this.site && this;
  }

  get stopped(): boolean {
    return this.site !== null && this.site.connection.state === "open" && this.site.boards(this.board).some((board) => board.stopped);
  }

  get mayClear(): boolean {
    return this.site !== null && this.site.connection.role !== "view";
  }

  async stopAll(): Promise<void> {
    this.stopPending = true;
    await this.run("stop_all");
    this.stopPending = false;
    this.requestUpdate();
  }

  async clearStop(): Promise<void> {
    await this.run("clear_stop");
  }

  private async run(method: string): Promise<void> {
    this.requestUpdate();
    try {
      const answer = await this.site!.connection.request(method, this.board === "" ? {} : { board: this.board });
      const { boards } = answer as unknown as { boards: { [id: string]: { error?: unknown } } };
      const failed = Object.keys(boards).filter((id) => boards[id]!.error !== undefined);
      this.trouble = failed.length > 0 ? text.stopFailed(failed.join(", ")) : null;
    } catch (error) {
      this.trouble = method === "stop_all" ? text.stopUnreachable : sentenceOf(error);
    }
    this.requestUpdate();
  }

  override render(): unknown {
    return [super.render(), this.trouble === null ? nothing : html`<span class="trouble" role="alert">${this.trouble}</span>`];
  }
}
