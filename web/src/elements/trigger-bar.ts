/** The trigger: which channel, which level, which edge. Opens beside its button in the time bar. */
import { css, html, LitElement } from "lit";
import { customElement, property, query } from "lit/decorators.js";
import { text } from "../messages.js";
import type { Page } from "../page.js";
import type { ChannelState } from "../store.js";
import { openBeside, popupStyle } from "./popup.js";
import { base } from "./theme.js";

@customElement("ard-trigger")
export class TriggerBar extends LitElement {
  static override styles = [
    base,
    popupStyle,
    css`
      :host {
        display: contents;
      }
      button {
        height: 28px;
        padding: 0 10px;
        border: 1px solid transparent;
        border-radius: 6px;
        background: none;
        color: var(--text-2);
        white-space: nowrap;
      }
      button:hover {
        background: var(--sunken);
      }
      button.on {
        background: var(--accent-soft);
        color: var(--text);
      }
      label {
        display: grid;
        grid-template-columns: 72px 150px;
        align-items: center;
        height: 36px;
        color: var(--text-2);
      }
      select,
      input[type="number"] {
        height: 30px;
        padding: 0 8px;
        color: var(--text);
        background: var(--surface);
        border: 1px solid var(--line-strong);
        border-radius: 6px;
      }
      input[type="checkbox"] {
        justify-self: start;
      }
      .go {
        width: 100%;
        margin-top: 8px;
        border-color: var(--line-strong);
        color: var(--text);
      }
      @media (max-width: 760px) {
        button {
          height: 36px;
        }
      }
    `,
  ];

  @property({ attribute: false }) page!: Page;
  @property({ attribute: false }) channels: readonly ChannelState[] = [];
  @query("[popover]") private readonly panel!: HTMLFormElement;

  private submit(event: Event): void {
    event.preventDefault();
    const { looking } = this.page;
    const { channel, edge, level, before, once } = this.panel.elements as unknown as { [name: string]: HTMLInputElement };
    looking.view.follow();
    looking.trigger.arm({
      channel: channel!.value,
      edge: edge!.value as "rising" | "falling",
      level: Number(level!.value),
      before: Number(before!.value) / 100,
      once: once!.checked,
    });
    this.panel.hidePopover();
    this.requestUpdate();
  }

  private end(): void {
    this.page.looking.trigger.arm(null);
    this.panel.hidePopover();
    this.requestUpdate();
  }

  override render(): unknown {
    const words = text.plot.trigger;
    const { settings } = this.page.looking.trigger;
    return html`<button class=${settings ? "on" : ""} title=${words.hint} @click=${(event: Event) => openBeside(this.panel, event.currentTarget as HTMLElement)}>
        ${words.title}
      </button>
      <form popover aria-label=${words.title} @submit=${this.submit}>
        <label
          >${words.channel}<select name="channel">
            ${this.channels.map((each) => html`<option value=${each.address}>${this.page.looking.nameOf(each)}</option>`)}
          </select></label
        >
        <label
          >${words.edge}<select name="edge">
            <option value="rising">${words.rising}</option>
            <option value="falling">${words.falling}</option>
          </select></label
        >
        <label>${words.level}<input name="level" type="number" step="any" value="0" required /></label>
        <label
          >${words.before}<select name="before">
            ${[10, 25, 50, 75, 90].map((part) => html`<option value=${part} ?selected=${part === 25}>${part} %</option>`)}
          </select></label
        >
        <label>${words.once}<input name="once" type="checkbox" /></label>
        <button class="go">${words.start}</button>
        ${settings ? html`<button class="go" type="button" @click=${this.end}>${words.end}</button>` : null}
      </form>`;
  }
}
