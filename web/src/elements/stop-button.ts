/** The button STOP ALL OUTPUTS, one click; and clearing it, a hold of two seconds that moves nothing. */
import { css, html, LitElement } from "lit";
import type { CSSResultGroup } from "lit";
import { state } from "lit/decorators.js";
import { text } from "../messages.js";
import { base } from "./theme.js";

/** What the button stops. */
export interface Stoppable {
  /** A stop is latched, and the gateway says so. */
  readonly stopped: boolean;
  readonly stopPending: boolean;
  readonly mayClear: boolean;
  stopAll(): Promise<void>;
  clearStop(): Promise<void>;
}

/** How long "Hold to clear" is held: long enough that nobody does it by accident. */
const CLEAR_MS = 2000;

/** An element with that button; which one says `stoppable`. */
export abstract class StopButton extends LitElement {
  static override styles: CSSResultGroup = [
    base,
    css`
      :host {
        display: flex;
        gap: 8px;
      }
      button {
        height: 34px;
        padding: 0 16px;
        border-radius: 6px;
        font-weight: 650;
        white-space: nowrap;
        user-select: none;
        -webkit-user-select: none;
      }
      .stop {
        border: 0;
        background: var(--bad);
        color: var(--on-bad);
        letter-spacing: 0.03em;
        min-width: 178px;
      }
      .stop:hover {
        background: var(--bad-strong);
      }
      .stop:active {
        transform: translateY(1px);
      }
      .stop:focus-visible {
        outline-color: var(--text);
      }
      .stop.latched {
        background: var(--bad-soft);
        color: var(--bad);
        box-shadow: inset 0 0 0 2px var(--bad);
      }
      .clear {
        position: relative;
        overflow: hidden;
        border: 1px solid var(--line-strong);
        background: var(--surface);
        font-weight: 600;
        touch-action: none;
      }
      .clear i {
        position: absolute;
        inset: 0;
        background: var(--accent-soft);
        transform: scaleX(0);
        transform-origin: left;
      }
      .clear.holding i {
        transform: scaleX(1);
        transition: transform 2s linear;
      }
      .clear span {
        position: relative;
      }
    `,
  ];
  /** Null while it is not known what there is to stop. */
  protected abstract get stoppable(): Stoppable | null;
  @state() private holding = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  private begin(): void {
    if (this.holding) return;
    this.holding = true;
    this.timer = setTimeout(() => {
      this.holding = false;
      void this.stoppable?.clearStop();
    }, CLEAR_MS);
  }

  private end(): void {
    this.holding = false;
    clearTimeout(this.timer);
  }

  private key(event: KeyboardEvent, down: boolean): void {
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    if (down) this.begin();
    else this.end();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.end();
  }

  override render(): unknown {
    const { stoppable } = this;
    const stopped = stoppable?.stopped ?? false;
    const word = stoppable?.stopPending ? text.stopping : stopped ? text.stopped : text.stop;
    return html`
      ${stopped && stoppable?.mayClear
        ? html`<button
            class="clear ${this.holding ? "holding" : ""}"
            title=${text.clearHint}
            aria-description=${text.clearHint}
            @pointerdown=${this.begin}
            @pointerup=${this.end}
            @pointerleave=${this.end}
            @pointercancel=${this.end}
            @blur=${this.end}
            @keydown=${(event: KeyboardEvent) => this.key(event, true)}
            @keyup=${(event: KeyboardEvent) => this.key(event, false)}
            @contextmenu=${(event: Event) => event.preventDefault()}
          >
            <i></i><span>${this.holding ? text.clearing : text.clear}</span>
          </button>`
        : null}
      <button
        class="stop ${stopped ? "latched" : ""}"
        ?disabled=${stoppable === null}
        title=${stopped ? text.stopAgain : text.stopHint}
        aria-description=${stopped ? text.stopAgain : text.stopHint}
        @click=${() => void this.stoppable?.stopAll()}
      >
        ${word}
      </button>
    `;
  }
}
