/** The dashboard's stop, always in view: on a phone along the bottom edge. */
import { css } from "lit";
import { customElement, property } from "lit/decorators.js";
import type { Page } from "../page.js";
import { StopButton } from "./stop-button.js";
import type { Stoppable } from "./stop-button.js";

@customElement("ard-stop")
export class Stop extends StopButton {
  static override styles = [
    StopButton.styles,
    css`
      @media (max-width: 760px) {
        :host {
          position: fixed;
          inset: auto 0 0 0;
          padding: 10px 12px calc(10px + env(safe-area-inset-bottom));
          background: var(--surface);
          border-top: 1px solid var(--line-strong);
          z-index: 15;
        }
        button {
          height: 52px;
          font-size: 15px;
        }
        .stop {
          flex: 1;
          order: 2;
          min-width: 0;
        }
      }
    `,
  ];
  @property({ attribute: false }) page!: Page;
  @property({ attribute: false }) tick = 0;

  protected override get stoppable(): Stoppable {
    return this.page;
  }
}
