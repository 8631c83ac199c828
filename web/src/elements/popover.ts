/** A tool of the top bar with something below it: opened by a click, closed by another, by Escape or beside it. */
import { html, LitElement } from "lit";
import { property, state } from "lit/decorators.js";
import { text } from "../messages.js";
import type { Page } from "../page.js";
import { refusalIn } from "../protocol.js";
import type { Json } from "../protocol.js";

export abstract class Popover extends LitElement {
  @property({ attribute: false }) page!: Page;
  @property({ attribute: false }) tick = 0;
  @state() protected open = false;
  /** Why the last wish was not done. */
  @state() protected trouble: string | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener("pointerdown", this.outside);
    document.addEventListener("keydown", this.escape);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener("pointerdown", this.outside);
    document.removeEventListener("keydown", this.escape);
  }

  /** It was opened: fetch what it shows. */
  protected abstract opened(): void;

  protected toggle(): void {
    this.open = !this.open;
    this.trouble = null;
    if (this.open) this.opened();
  }

  /** Asks the gateway; null when it was refused, which is shown. */
  protected async ask(method: string, params: { [key: string]: Json } = {}): Promise<Json | null> {
    try {
      this.trouble = null;
      return (await this.page.client.request(method, params)) ?? null;
    } catch (error) {
      const refusal = refusalIn(error);
      if (!refusal) throw error;
      this.trouble = text.refused(refusal);
      return null;
    }
  }

  protected renderTrouble(): unknown {
    return this.trouble === null ? null : html`<div class="refused" role="alert">${this.trouble}</div>`;
  }

  private readonly outside = (event: Event): void => {
    if (this.open && !event.composedPath().includes(this)) this.open = false;
  };

  private readonly escape = (event: KeyboardEvent): void => {
    if (event.key === "Escape") this.open = false;
  };
}
