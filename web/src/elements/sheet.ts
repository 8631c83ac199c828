/** A sheet of QR codes for a class, one a board: on paper it is all that is printed, on the screen the stop stays in view. */
import { css, html, LitElement } from "lit";
import { customElement, property } from "lit/decorators.js";
import { text } from "../messages.js";
import { codeOf } from "./qr.js";
import { base } from "./theme.js";

@customElement("ard-sheet")
export class Sheet extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        position: fixed;
        inset: 48px 0 0;
        z-index: 8;
        overflow: auto;
        background: #fff;
        color: #000;
        padding: 24px 24px calc(96px + env(safe-area-inset-bottom));
      }
      .cards {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(200px, 1fr));
        gap: 12px;
      }
      .card {
        border: 1px dashed #999;
        border-radius: 8px;
        padding: 0 12px 12px;
        text-align: center;
        break-inside: avoid;
        overflow-wrap: anywhere;
      }
      b {
        display: block;
        font-size: 20px;
      }
      span {
        font-size: 11px;
      }
      button {
        height: 32px;
        margin: 0 8px 16px 0;
        padding: 0 14px;
        border: 1px solid #999;
        border-radius: 6px;
        background: none;
        color: inherit;
      }
      @media print {
        :host {
          position: static;
          overflow: visible;
          padding: 0;
        }
        /* Three rows fit a page. */
        .code {
          width: 86%;
        }
        button {
          display: none;
        }
      }
    `,
  ];
  /** The boards' names, and the links to them. */
  @property({ attribute: false }) cards: { name: string; url: string }[] = [];
  /** What the links allow, and until when. */
  @property() may = "";

  protected override firstUpdated(): void {
    this.renderRoot.querySelector("button")?.focus();
  }

  private readonly pressed = (event: KeyboardEvent): void => {
    if (event.key === "Escape") this.remove();
  };

  override render(): unknown {
    return html`<div role="dialog" aria-label=${text.share.sheet} @keydown=${this.pressed}>
      <button @click=${() => print()}>${text.share.print}</button><button @click=${() => this.remove()}>${text.share.close}</button>
      <div class="cards">
        ${this.cards.map((card) => html`<div class="card">${codeOf(card.url)}<b>${card.name}</b>${this.may}<br /><span>${card.url}</span></div>`)}
      </div>
    </div>`;
  }
}
