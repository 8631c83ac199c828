/** One command of the sketch: its arguments, a button, and what became of the last call. */
import { css, html, LitElement } from "lit";
import { customElement, property } from "lit/decorators.js";
import { argumentOf, resultText } from "../arguments.js";
import { text } from "../messages.js";
import type { Page } from "../page.js";
import type { Argument, Board, Command, Json } from "../protocol.js";
import * as icons from "./icons.js";
import { outputRowStyle } from "./output-row.style.js";
import { base } from "./theme.js";

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
      /* No hold stands beside it: a long text has the whole row. */
      .status {
        grid-column: 1 / -1;
      }
      /* One argument stands beside the name, more below it. */
      .several {
        height: auto;
        grid-template-rows: 31px auto auto;
        padding-bottom: 4px;
      }
      .several .status {
        min-height: 20px;
      }
      .arguments {
        grid-column: 1 / -1;
        display: flex;
        flex-wrap: wrap;
        gap: 6px 14px;
        padding: 4px 0;
      }
      .arguments label {
        min-height: 26px;
      }
      .result {
        color: var(--text);
        font-weight: 600;
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
      const said = argumentOf(argument, field.value, field.checked);
      if ("refusal" in said) {
        field.focus();
        this.page.driver.refuseCall(`${this.board.id}/${this.command.name}`, said.refusal);
        return;
      }
      args[argument.name] = said.value;
    }
    void this.page.driver.call(this.board.id, this.command.name, args);
  }

  private renderArgument(argument: Argument): unknown {
    const words = argument.unit && argument.unit !== argument.name ? `${argument.name}, ${argument.unit}` : argument.name;
    const limits = text.limits(argument.minimum, argument.maximum, argument.unit);
    if (argument.type === "bool") return html`<label>${words}<input type="checkbox" aria-label=${words} /></label>`;
    if (argument.type === "text") return html`<label>${words}<input type="text" aria-label=${words} /></label>`;
    return html`<label
      >${words}<input
        type="number"
        class="num"
        aria-label=${words}
        title=${limits}
        placeholder=${argument.minimum !== null && argument.maximum !== null ? `${argument.minimum}–${argument.maximum}` : ""}
        min=${argument.minimum ?? ""}
        max=${argument.maximum ?? ""}
        step=${argument.type === "float" ? "any" : "1"}
    /></label>`;
  }

  private renderStatus(): unknown {
    const called = this.page.driver.called.get(`${this.board.id}/${this.command.name}`);
    if (called?.phase === "refused" && called.refusal) {
      const words = text.refused(called.refusal);
      return html`<div class="status refused" role="alert" title=${words}>${icons.cross}<span>${words}</span></div>`;
    }
    if (called?.phase === "runs") return html`<div class="status"><span>${text.runs}</span></div>`;
    if (called?.phase === "done") {
      const took_s = called.took_s ?? 0;
      const gave = called.result === null ? null : resultText(called.result, called.unit);
      return html`<div class="status confirmed">
        ${icons.tick}${gave === null ? html`<span>${text.done(took_s)}</span>` : html`<span class="result num" title=${gave}>${gave}</span><span class="quiet">${text.gave(took_s)}</span>`}
      </div>`;
    }
    const gives = this.command.result ? text.gives(this.command.unit ?? "") : "";
    return html`<div class="status">${gives ? html`<span class="quiet">${gives}</span>` : null}</div>`;
  }

  override render(): unknown {
    const runs = this.page.driver.called.get(`${this.board.id}/${this.command.name}`)?.phase === "runs";
    const enabled = this.page.canDrive(this.board) && !this.board.stopped && !runs;
    const refused = this.page.driver.called.get(`${this.board.id}/${this.command.name}`)?.phase === "refused";
    const fields = this.command.arguments.map((argument) => this.renderArgument(argument));
    const several = fields.length > 1;
    return html`<form class="row ${refused ? "refusing" : ""} ${several ? "several" : ""}" novalidate @submit=${(event: Event) => this.run(event)}>
      <div class="title"><b>${this.command.name}</b></div>
      <div class="control">
        ${several ? null : fields}
        <button class="momentary" aria-label=${text.runLabel(this.command.name)} ?disabled=${!enabled}>${text.run}</button>
      </div>
      ${several ? html`<div class="arguments">${fields}</div>` : null} ${this.renderStatus()}
    </form>`;
  }
}
