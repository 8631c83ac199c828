/** A switch: what was asked shows at once, and stays hollow until the board confirmed it. */
import { css, html, LitElement } from "lit";
import type { CSSResultGroup } from "lit";
import { base } from "./theme.js";

export interface SwitchState {
  on: boolean;
  pending: boolean;
  disabled: boolean;
  label: string;
}

/** An element that is a switch. */
export abstract class SwitchControl extends LitElement {
  static override styles: CSSResultGroup = [
    base,
    css`
      :host {
        display: inline-block;
      }
      button {
        display: block;
        position: relative;
        width: 44px;
        height: 24px;
        padding: 0;
        border-radius: 12px;
        border: 0;
        background: var(--line-strong);
        transition: background 0.12s;
      }
      button::after {
        content: "";
        position: absolute;
        top: 3px;
        left: 3px;
        width: 18px;
        height: 18px;
        border-radius: 50%;
        background: #fff;
        box-shadow: 0 1px 2px rgb(0 0 0 / 25%);
        transition: transform 0.12s;
      }
      [aria-checked="true"] {
        background: var(--accent);
      }
      [aria-checked="true"]::after {
        transform: translateX(20px);
      }
      .pending {
        opacity: 0.6;
      }
      button:disabled {
        opacity: 0.4;
      }
      @media (prefers-reduced-motion: reduce) {
        button,
        button::after {
          transition: none;
        }
      }
      @media (max-width: 760px) {
        button::before {
          content: "";
          position: absolute;
          inset: -10px;
        }
      }
    `,
  ];
  protected abstract get shown(): SwitchState;
  /** Somebody wants it on, or off. */
  protected abstract ask(on: boolean): void;

  override render(): unknown {
    const { on, pending, disabled, label } = this.shown;
    return html`<button
      role="switch"
      class=${pending ? "pending" : ""}
      aria-checked=${on}
      aria-label=${label}
      aria-busy=${pending}
      ?disabled=${disabled}
      @click=${() => this.ask(!on)}
    ></button>`;
  }
}
