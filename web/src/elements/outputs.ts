/** The right side: outputs with their controls, then the pins that could become outputs. */
import { css, html, LitElement } from "lit";
import { customElement, property } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { text } from "../messages.js";
import type { Page } from "../page.js";
import type { Board } from "../protocol.js";
import type { ChannelState } from "../store.js";
import * as icons from "./icons.js";
import "./command-row.js";
import type { CommandRow } from "./command-row.js";
import "./output-row.js";
import type { OutputRow } from "./output-row.js";
import { base } from "./theme.js";

@customElement("ard-outputs")
export class Outputs extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: block;
        overflow-y: auto;
        background: var(--surface);
        border: 1px solid var(--line);
        border-radius: var(--radius);
      }
      h2 {
        margin: 0;
        padding: 11px 14px 5px;
        position: sticky;
        top: 0;
        background: var(--surface);
        z-index: 2;
      }
      .empty,
      .locked {
        padding: 4px 14px 12px;
        color: var(--text-3);
        display: flex;
        gap: 6px;
        align-items: center;
      }
      .locked {
        padding: 10px 14px;
        font-size: 12px;
      }
    `,
  ];
  @property({ attribute: false }) page!: Page;
  @property({ attribute: false }) board!: Board;

  private renderRow(channel: ChannelState): unknown {
    return html`<ard-output-row data-channel=${channel.address} .page=${this.page} .board=${this.board} .channel=${channel}></ard-output-row>`;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    // A confirmation is shown in the moment in which it comes.
    this.page.driven = (address) => {
      for (const row of this.renderRoot.querySelectorAll<OutputRow>("ard-output-row")) if (row.channel.address === address) row.requestUpdate();
      for (const row of this.renderRoot.querySelectorAll<CommandRow>("ard-command-row")) if (`${row.board.id}/${row.command.name}` === address) row.requestUpdate();
    };
  }

  override updated(): void {
    for (const row of this.renderRoot.querySelectorAll<OutputRow>("ard-output-row")) row.requestUpdate();
    for (const row of this.renderRoot.querySelectorAll<CommandRow>("ard-command-row")) row.requestUpdate();
  }

  override render(): unknown {
    const { page, board } = this;
    const pins = new Map((board.descriptor?.pins ?? []).map((pin) => [pin.name, pin]));
    const channels = page.store.channelsOf(board.id);
    const declared = channels.filter((channel) => channel.info.output && channel.info.mode === "declared");
    // Plain pins in their own order, whatever their mode, so that none moves when it becomes an output.
    const plain = channels.filter((channel) => {
      const pin = pins.get(channel.info.pin ?? "");
      if (channel.info.mode === "declared" || pin === undefined || pin.locked) return false;
      return channel.info.output || channel.info.claimed || (pin.abilities.includes("output") && channel.info.mode !== "analog");
    });
    const commands = board.descriptor?.commands ?? [];
    const locked = [...pins.values()].filter((pin) => pin.locked).map((pin) => pin.name);
    return html`
      ${declared.length > 0
        ? html`<h2 class="label">${text.outputs}</h2>
            ${repeat(declared, (channel) => channel.address, (channel) => this.renderRow(channel))}`
        : null}
      ${commands.length > 0 && page.store.role !== "view"
        ? html`<h2 class="label">${text.commands}</h2>
            ${repeat(
              commands,
              (command) => command.name,
              (command) => html`<ard-command-row data-command=${command.name} .page=${page} .board=${board} .command=${command}></ard-command-row>`,
            )}`
        : null}
      ${plain.length > 0
        ? html`<h2 class="label">${text.pins}</h2>
            ${repeat(plain, (channel) => channel.address, (channel) => this.renderRow(channel))}`
        : null}
      ${declared.length + plain.length === 0 ? html`<div class="empty">${text.noOutputs}</div>` : null}
      ${locked.length > 0 ? html`<div class="locked">${icons.lock}${text.locked(locked.join(", "))}</div>` : null}
    `;
  }
}
