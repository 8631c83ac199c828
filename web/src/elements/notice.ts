/** What the page says when something is not as usual: a strip with a title and what to do. */
import { css, html, LitElement } from "lit";
import { customElement, property } from "lit/decorators.js";
import { text } from "../messages.js";
import type { Notice } from "../notices.js";
import * as icons from "./icons.js";
import { base } from "./theme.js";

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
    `,
  ];

  override render(): unknown {
    return html`<h1>${text.noBoardTitle}</h1>
      <ol>
        ${text.noBoardSteps.map(([title, sentence]) => html`<li><strong>${title}</strong><span>${sentence}</span></li>`)}
      </ol>`;
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
