/** What the page says when something is not as usual: a strip with a title and what to do. */
import { css, html, LitElement } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { text } from "../messages.js";
import type { Notice } from "../notices.js";
import type { Page } from "../page.js";
import { refusalIn } from "../protocol.js";
import type { Json, PortShape } from "../protocol.js";
import * as icons from "./icons.js";
import { base } from "./theme.js";

/** How often ports are looked for while there is no board: somebody who plugs one in waits no longer. */
const LOOK_MS = 2000;

@customElement("ard-notice")
export class NoticeStrip extends LitElement {
  static override styles = [
    base,
    css`
      .strip {
        display: flex;
        gap: 10px;
        align-items: baseline;
        padding: 9px 14px;
        border-radius: var(--radius);
        border: 1px solid var(--line-strong);
        background: var(--surface);
      }
      .warn {
        background: var(--warn-soft);
        border-color: var(--warn-line);
      }
      .bad {
        background: var(--bad-soft);
        border-color: var(--bad);
      }
      svg {
        flex: none;
        align-self: center;
        color: var(--text-2);
      }
      .warn svg {
        color: var(--warn);
      }
      .bad svg {
        color: var(--bad);
      }
      strong {
        font-weight: 600;
        white-space: nowrap;
      }
      span {
        color: var(--text-2);
      }
      @media (max-width: 760px) {
        .strip {
          flex-wrap: wrap;
        }
        span {
          flex-basis: 100%;
        }
      }
    `,
  ];
  @property({ attribute: false }) notice: Notice = { tone: "info", title: "", text: "" };

  override render(): unknown {
    const { tone, title, text: sentence } = this.notice;
    return html`<div class="strip ${tone}" role=${tone === "bad" ? "alert" : "status"}>
      ${tone === "info" ? icons.plug : icons.warning}<strong>${title}</strong><span>${sentence}</span>
    </div>`;
  }
}

/** No board at all: three steps. */
@customElement("ard-first-steps")
export class FirstSteps extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: grid;
        place-content: center;
        height: 100%;
        background: var(--surface);
        border: 1px solid var(--line);
        border-radius: var(--radius);
        padding: 32px;
      }
      h1 {
        font-size: 22px;
        font-weight: 600;
        letter-spacing: -0.01em;
        margin: 0 0 24px;
      }
      ol {
        list-style: none;
        margin: 0;
        padding: 0;
        display: grid;
        gap: 18px;
        counter-reset: step;
        max-width: 460px;
      }
      li {
        counter-increment: step;
        display: grid;
        grid-template-columns: 36px 1fr;
      }
      li::before {
        content: counter(step);
        grid-row: span 2;
        width: 24px;
        height: 24px;
        border-radius: 50%;
        background: var(--accent-soft);
        color: var(--accent-strong);
        font-weight: 600;
        display: grid;
        place-content: center;
      }
      strong {
        font-weight: 600;
        font-size: 14px;
        line-height: 24px;
      }
      span {
        color: var(--text-2);
      }
      .port {
        display: flex;
        align-items: center;
        gap: 12px;
        margin-top: 18px;
        padding-top: 18px;
        border-top: 1px solid var(--line);
      }
      .port span {
        flex: 1;
      }
      .port button {
        height: 32px;
        padding: 0 14px;
        border: 0;
        border-radius: 6px;
        background: var(--accent);
        color: var(--on-accent);
        font-weight: 600;
      }
    `,
  ];

  @property({ attribute: false }) page!: Page;
  @state() private ports: readonly PortShape[] = [];
  /** Why a port could not be used. */
  @state() private trouble: string | null = null;
  private timer: ReturnType<typeof setInterval> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.timer = setInterval(() => void this.look(), LOOK_MS);
    void this.look();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.timer);
  }

  /** Asks which ports there are. Who may not know them sees the steps alone. */
  private async look(): Promise<void> {
    if (this.page.store.role !== "admin" || document.visibilityState !== "visible") return;
    await this.ask("ports", {}, (told) => {
      this.ports = (told as unknown as { ports: PortShape[] }).ports.filter((each) => each.board === null);
    });
  }

  private async ask(method: string, params: { [key: string]: Json }, then: (told: Json | undefined) => void): Promise<void> {
    try {
      then(await this.page.client.request(method, params));
    } catch (error) {
      const refusal = refusalIn(error);
      if (!refusal) throw error;
      this.trouble = text.refused(refusal);
    }
  }

  private renderPort({ port, description, holders }: PortShape): unknown {
    return html`<div class="port">
      <b>${port}</b><span>${[description, ...holders.map((each) => text.heldBy(each))].filter(Boolean).join(" · ")}</span>
      <button aria-label="${text.usePort}: ${port}" @click=${() => void this.ask("port_use", { port }, () => undefined)}>${text.usePort}</button>
    </div>`;
  }

  override render(): unknown {
    return html`<h1>${text.noBoardTitle}</h1>
      <ol>
        ${text.noBoardSteps.map(([title, sentence]) => html`<li><strong>${title}</strong><span>${sentence}</span></li>`)}
      </ol>
      ${this.ports.map((port) => this.renderPort(port))} ${this.trouble === null ? null : html`<div role="alert">${this.trouble}</div>`}`;
  }
}

/** What a sketch prints that does not speak our wire. */
@customElement("ard-sketch-text")
export class SketchText extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: flex;
        flex-direction: column;
        gap: 8px;
        background: var(--surface);
        border: 1px solid var(--line);
        border-radius: var(--radius);
        padding: 14px 16px;
      }
      pre {
        margin: 0;
        font: 13px/1.6 var(--mono);
        white-space: pre-wrap;
        overflow: auto;
      }
    `,
  ];
  @property({ attribute: false }) lines: readonly string[] = [];

  override render(): unknown {
    return html`<div class="label">${text.sketchSays}</div>
      <pre>${this.lines.length > 0 ? this.lines.join("\n") : text.noText}</pre>`;
  }
}
