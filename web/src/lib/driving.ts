/** Components that drive an output: `<ard-switch>`, `<ard-slider>`, `<ard-button>`; and a command, `<ard-command>`. */
import { css, html, nothing } from "lit";
import type { CSSResultGroup } from "lit";
import { customElement, property } from "lit/decorators.js";
import { live } from "lit/directives/live.js";
import { argumentOf, resultText } from "../arguments.js";
import { SwitchControl } from "../elements/switch-control.js";
import { decimalsOf, withUnit } from "../format.js";
import { elementText, text, valueText } from "../messages.js";
import type { Argument, Json } from "../protocol.js";
import { ChannelElement, looks, SiteElement } from "./element.js";

const controls: CSSResultGroup = css`
  button.plain {
    height: 34px;
    padding: 0 16px;
    border: 1px solid var(--line-strong);
    border-radius: 6px;
    background: var(--surface);
    color: var(--text);
    font-weight: 600;
    font-size: 14px;
    user-select: none;
    -webkit-user-select: none;
    touch-action: none;
  }
  button.plain:hover:enabled {
    border-color: var(--accent);
  }
  button.plain:active:enabled,
  button[aria-pressed="true"] {
    background: var(--accent);
    border-color: var(--accent);
    color: var(--on-accent);
  }
  button:disabled {
    opacity: 0.45;
  }
  input[type="range"] {
    accent-color: var(--accent);
    vertical-align: middle;
    width: 100%;
    min-width: 8em;
    height: 28px;
    margin: 0;
  }
`;

/** `<ard-switch channel="pump">`: on or off. */
@customElement("ard-switch")
export class SwitchElement extends ChannelElement {
  static override styles = [looks, SwitchControl.styles, css`
    :host {
      vertical-align: middle;
    }
  `];
  /** What a screen reader says; the channel's name where there is none. */
  @property() label = "";

  override render(): unknown {
    const on = this.value === true;
    return html`<button
        role="switch"
        class=${this.pending ? "pending" : ""}
        aria-checked=${on}
        aria-label=${this.label || this.channel}
        aria-busy=${this.pending}
        ?disabled=${!this.mayDrive}
        @click=${() => this.ask(!on)}
      ></button
      >${this.refusal === null ? nothing : html`<span class="trouble" role="alert">${this.refusal}</span>`}`;
  }
}

/** `<ard-slider channel="fan">`: a number, within the channel's limits or the narrower ones that it is given. */
@customElement("ard-slider")
export class SliderElement extends ChannelElement {
  static override styles = [
    looks,
    controls,
    css`
      :host {
        display: inline-grid;
        grid-template-columns: minmax(8em, 1fr) auto;
        align-items: center;
        gap: 0 10px;
        min-width: 14em;
        vertical-align: middle;
      }
      .trouble {
        grid-column: 1 / -1;
      }
      output.pending {
        opacity: 0.6;
      }
    `,
  ];
  @property() label = "";
  @property({ type: Number }) min: number | null = null;
  @property({ type: Number }) max: number | null = null;
  @property({ type: Number }) step: number | null = null;

  override render(): unknown {
    const { found, value } = this;
    const info = found?.info;
    const low = this.min ?? info?.minimum ?? 0;
    const high = this.max ?? info?.maximum ?? 1;
    const decimals = info ? decimalsOf(info) : 2;
    const step = this.step ?? (info?.type === "int" ? 1 : 10 ** -decimals);
    const number = typeof value === "number" ? value : null;
    const words = number === null ? text.noValue : withUnit(valueText(number, decimals), info?.unit ?? "");
    return html`<input
        type="range"
        aria-label=${this.label || this.channel}
        aria-valuetext=${words}
        min=${low}
        max=${high}
        step=${step}
        .value=${live(String(number ?? low))}
        ?disabled=${!this.mayDrive}
        @input=${(event: Event) => this.ask((event.target as HTMLInputElement).valueAsNumber)}
      /><output class="num ${this.pending ? "pending" : ""}">${words}</output>
      ${this.refusal === null ? nothing : html`<span class="trouble" role="alert">${this.refusal}</span>`}`;
  }
}

/** `<ard-button channel="horn">`: on while it is pressed. With `value`, a click writes that. */
@customElement("ard-button")
export class ButtonElement extends ChannelElement {
  static override styles = [looks, controls];
  /** What a click writes: `on`, a number, a label. None: it is on while pressed. */
  @property({ attribute: "value" }) writes: string | null = null;
  private down = false;

  private press(down: boolean): void {
    if (this.writes !== null || this.down === down) return;
    this.down = down;
    this.ask(down);
  }

  private key(event: KeyboardEvent, down: boolean): void {
    if (this.writes !== null || (event.key !== " " && event.key !== "Enter") || event.repeat) return;
    event.preventDefault();
    this.press(down);
  }

  private clicked(): void {
    const { writes, found } = this;
    if (writes === null || !found) return;
    const { type } = found.info;
    this.ask(type === "bool" ? ["on", "true", "1"].includes(writes) : type === "int" || type === "float" ? Number(writes) : writes);
  }

  override render(): unknown {
    const momentary = this.writes === null;
    return html`<button
        class="plain"
        aria-pressed=${momentary ? String(this.value === true) : nothing}
        ?disabled=${!this.mayDrive}
        @pointerdown=${() => this.press(true)}
        @pointerup=${() => this.press(false)}
        @pointerleave=${() => this.press(false)}
        @pointercancel=${() => this.press(false)}
        @blur=${() => this.press(false)}
        @keydown=${(event: KeyboardEvent) => this.key(event, true)}
        @keyup=${(event: KeyboardEvent) => this.key(event, false)}
        @contextmenu=${(event: Event) => event.preventDefault()}
        @click=${() => this.clicked()}
      >
        <slot>${this.channel}</slot></button
      >${this.refusal === null ? nothing : html` <span class="trouble" role="alert">${this.refusal}</span>`}`;
  }
}

/** `<ard-command command="water">`: a field for each argument that no attribute gives (`arg-seconds="3"`), and a button. */
@customElement("ard-command")
export class CommandElement extends SiteElement {
  static override styles = [
    looks,
    controls,
    css`
      form {
        display: inline-flex;
        flex-wrap: wrap;
        gap: 8px 10px;
        align-items: center;
      }
      label {
        display: inline-flex;
        gap: 6px;
        align-items: center;
        font-size: 14px;
      }
      input:not([type="checkbox"]) {
        width: 6em;
        height: 32px;
        padding: 0 8px;
        border: 1px solid var(--line-strong);
        border-radius: 6px;
        background: var(--surface);
        color: var(--text);
      }
    `,
  ];
  @property() command = "";

  private get target(): { board: string; arguments: Argument[] } | null {
    for (const board of this.site?.boards(this.board) ?? []) {
      const found = board.descriptor?.commands?.find((each) => each.name === this.command);
      if (found) return { board: board.id, arguments: found.arguments };
    }
    return null;
  }

  private async run(event: Event): Promise<void> {
    event.preventDefault();
    const { target, site } = this;
    if (!target || !site) return;
    const args: { [name: string]: Json } = {};
    for (const argument of target.arguments) {
      const field = this.renderRoot.querySelector<HTMLInputElement>(`[name="${CSS.escape(argument.name)}"]`);
      const words = field?.value ?? this.getAttribute(`arg-${argument.name}`) ?? "";
      const said = argumentOf(argument, words, field?.checked ?? ["on", "true", "1"].includes(words));
      if ("refusal" in said) return site.driver.refuseCall(`${target.board}/${this.command}`, said.refusal);
      args[argument.name] = said.value;
    }
    await site.driver.call(target.board, this.command, args);
  }

  private renderField(argument: Argument): unknown {
    if (this.hasAttribute(`arg-${argument.name}`)) return nothing;
    const { name, type, minimum, maximum, unit } = argument;
    const kind = type === "bool" ? "checkbox" : type === "text" ? "text" : "number";
    return html`<label
      >${name}<input
        name=${name}
        type=${kind}
        min=${minimum ?? nothing}
        max=${maximum ?? nothing}
        step=${type === "float" ? "any" : nothing}
        title=${text.limits(minimum, maximum, unit) || nothing}
      />${unit}</label
    >`;
  }

  override render(): unknown {
    const { target, site } = this;
    const board = site?.boards(target?.board ?? "")[0];
    const called = target ? site?.driver.called.get(`${target.board}/${this.command}`) : undefined;
    const runs = called?.phase === "runs";
    const may = target !== null && board !== undefined && site!.mayDrive(board);
    let outcome: unknown = nothing;
    if (called?.phase === "refused" && called.refusal) outcome = html`<span class="trouble" role="alert">${elementText.refused(called.refusal)}</span>`;
    else if (runs) outcome = html`<span class="quiet">${text.runs}</span>`;
    else if (called?.phase === "done") outcome = html`<output>${called.result === null ? text.done(called.took_s ?? 0) : resultText(called.result, called.unit)}</output>`;
    return html`<form novalidate @submit=${(event: Event) => void this.run(event)}>
      ${target?.arguments.map((argument) => this.renderField(argument))}
      <button class="plain" ?disabled=${!may || runs}><slot>${this.command}</slot></button>${outcome}
    </form>`;
  }
}
