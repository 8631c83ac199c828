/** One command of the sketch: its arguments, a button, and what became of the last call. */
import { css, html, LitElement } from "lit";
import { customElement, property } from "lit/decorators.js";
import { text } from "../messages.js";
import type { Page } from "../page.js";
import type { Argument, Board, Command, Json } from "../protocol.js";
import * as icons from "./icons.js";
import { outputRowStyle } from "./output-row.style.js";
import { base } from "./theme.js";

/** What a field says, in its argument's type; null while it says nothing that can be sent. */
export function argumentOf(argument: Argument, words: string, checked: boolean): Json {
  if (argument.type === "bool") return checked;
  if (argument.type === "text") return words;
  const value = Number(words);
  if (words.trim() === "" || !Number.isFinite(value)) return null;
  return argument.type === "float" || Number.isInteger(value) ? value : null;
}

@customElement("ard-command-row")
export class CommandRow extends LitElement {
  static override styles = [
    base,
    outputRowStyle,
    css`
      .control input[type="text"] {
        width: 96px;
        height: 26px;
        border: 1px solid var(--line-strong);
        border-radius: 6px;
        background: var(--surface);
        padding: 0 6px;
      }
      label {
        display: inline-flex;
        align-items: center;
        gap: 6px;
        font-size: 12px;
        color: var(--text-2);
      }
    `,
  ];
  @property({ attribute: false }) page!: Page;
  @property({ attribute: false }) board!: Board;
  @property({ attribute: false }) command!: Command;

  private run(event: Event): void {
    event.preventDefault();
    const fields = [...this.renderRoot.querySelectorAll<HTMLInputElement>("input")];
    const args: { [argument: string]: Json } = {};
    for (const [at, argument] of this.command.arguments.entries()) {
      const field = fields[at]!;
      const value = argumentOf(argument, field.value, field.checked);
      if (value === null) {
        field.focus();
        return;
      }
      args[argument.name] = value;
    }
    void this.page.driver.call(this.board.id, this.command.name, args);
  }

  private renderArgument(argument: Argument): unknown {
    const words = argument.unit ? `${argument.name}, ${argument.unit}` : argument.name;
    if (argument.type === "bool") return html`<label>${words}<input type="checkbox" aria-label=${words} /></label>`;
    if (argument.type === "text") return html`<label>${words}<input type="text" aria-label=${words} /></label>`;
    return html`<label
      >${words}<input
        type="number"
        class="num"
        aria-label=${words}
        min=${argument.minimum ?? ""}
        max=${argument.maximum ?? ""}
        step=${argument.type === "float" ? "any" : "1"}
        required
    /></label>`;
  }

  private renderStatus(): unknown {
    const called = this.page.driver.called.get(`${this.board.id}/${this.command.name}`);
    if (called?.phase === "refused" && called.refusal) {
      const words = text.refused(called.refusal);
      return html`<div class="status refused" role="alert" title=${words}>${icons.cross}<span>${words}</span></div>`;
    }
    if (called?.phase === "runs") return html`<div class="status"><span>${text.runs}</span></div>`;
    if (called?.phase === "done") return html`<div class="status confirmed">${icons.tick}<span>${text.done(called.took_s ?? 0)}</span></div>`;
    return html`<div class="status"></div>`;
  }

  override render(): unknown {
    const runs = this.page.driver.called.get(`${this.board.id}/${this.command.name}`)?.phase === "runs";
    const enabled = this.page.canDrive(this.board) && !this.board.stopped && !runs;
    return html`<form class="row" @submit=${(event: Event) => this.run(event)}>
      <div class="title"><b>${this.command.name}</b></div>
      <div class="control">
        ${this.command.arguments.map((argument) => this.renderArgument(argument))}
        <button class="momentary" aria-label=${text.runLabel(this.command.name)} ?disabled=${!enabled}>${text.run}</button>
      </div>
      ${this.renderStatus()}
    </form>`;
  }
}
