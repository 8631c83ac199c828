/** One output, or one pin that could become one: its control, what was asked and confirmed, what holds it. */
import { html, LitElement } from "lit";
import { customElement, property } from "lit/decorators.js";
import { live } from "lit/directives/live.js";
import { decimalsOf, withUnit } from "../format.js";
import { text, valueText } from "../messages.js";
import type { Page } from "../page.js";
import type { Board, Channel, Lease, Pin, Value } from "../protocol.js";
import type { ChannelState } from "../store.js";
import * as icons from "./icons.js";
import "./dial.js";
import { styled } from "./styled.js";
import "./switch.js";
import { base } from "./theme.js";
import { outputRowStyle } from "./output-row.style.js";

/** Which ability a mode needs, in the order in which modes are offered. */
const MODES: readonly (readonly [mode: string, ability: string])[] = [
  ["off", ""],
  ["input", "input"],
  ["input_pullup", "pullup"],
  ["analog", "analog"],
  ["output", "output"],
  ["pwm", "pwm"],
  ["servo", "servo"],
  ["tone", "tone"],
  ["count", "count"],
  ["frequency", "frequency"],
  ["quadrature", "quadrature"],
];

const ranged = (info: Channel): boolean => info.minimum !== null && info.maximum !== null;
/** An angle within a half circle is pointed at: a servo's. */
const DIALS = (info: Channel): boolean => ranged(info) && info.unit === "°" && info.maximum! - info.minimum! <= 180;
/** A tone's range is too wide to slide through by hand. */
const SLIDES = (info: Channel): boolean => ranged(info) && info.unit !== "Hz" && !DIALS(info);

/** Whether two values are one: a receipt and a sample may have come through different roundings. */
function same(one: Value, other: Value): boolean {
  return one === other || (typeof one === "number" && typeof other === "number" && Math.abs(one - other) <= 1e-6 * Math.max(1, Math.abs(one)));
}

const seconds = (left_s: number): string => `${Math.max(0, left_s).toFixed(1)} s`;

@customElement("ard-output-row")
export class OutputRow extends LitElement {
  static override styles = [base, outputRowStyle];
  @property({ attribute: false }) page!: Page;
  @property({ attribute: false }) board!: Board;
  @property({ attribute: false }) channel!: ChannelState;

  /** Who else controls it, null where nobody does. */
  private get other(): Lease | null {
    const lease = this.page.leases.of(this.channel.address, this.page.now_s());
    return lease === null || lease.session === this.page.store.session ? null : lease;
  }

  private get enabled(): boolean {
    return this.page.canDrive(this.board) && !this.board.stopped && this.other === null;
  }

  private ask(value: Value): void {
    this.page.ask(this.channel.address, value);
  }

  override updated(): void {
    const phase = this.page.driver.asked.get(this.channel.address)?.phase;
    if (phase !== "asked") this.page.health.answered(this.channel.address, performance.now(), phase === "confirmed");
  }

  /** What the control shows: what was asked as long as it is under way, else what the board does. */
  private get shown(): Value {
    const asked = this.page.driver.asked.get(this.channel.address);
    return asked?.phase === "asked" ? asked.value : (this.channel.last?.value ?? null);
  }

  private format(value: Value): string {
    const { info } = this.channel;
    const words = valueText(value, typeof value === "number" ? decimalsOf(info) : null);
    return typeof value === "number" ? withUnit(words, info.unit) : words;
  }

  override render(): unknown {
    const { info } = this.channel;
    const pin = this.board.descriptor?.pins.find((each) => each.name === info.pin);
    return info.output ? this.renderOutput(info, pin) : this.renderPin(info, pin);
  }

  private renderOutput(info: Channel, pin: Pin | undefined): unknown {
    const plain = info.mode !== "declared";
    const refused = this.page.driver.asked.get(this.channel.address)?.phase === "refused";
    return html`<div class="row ${refused ? "refusing" : ""} ${DIALS(info) ? "dialled" : ""}">
        <div class="title">
          <b>${info.name}</b>
          ${plain ? this.renderMode(info, pin) : info.pin ? html`<span class="quiet">${info.pin}</span>` : null}
        </div>
        <div class="control">${this.page.store.role === "view" ? html`<span class="shown num">${this.format(this.shown)}</span>` : this.renderControl(info)}</div>
        ${this.renderStatus()} ${this.renderHold(info)}
      </div>
      ${this.renderBar()}`;
  }

  private renderControl(info: Channel): unknown {
    const asked = this.page.driver.asked.get(this.channel.address);
    const pending = asked?.phase === "asked";
    const value = this.shown;
    if (info.type === "bool" && info.momentary) {
      const press = (on: boolean) => (): void => {
        if (this.enabled && (on || value === true)) this.ask(on);
      };
      const key = (on: boolean) => (event: KeyboardEvent): void => {
        if ((event.key !== " " && event.key !== "Enter") || event.repeat) return;
        event.preventDefault();
        press(on)();
      };
      return html`<button
        class="momentary"
        aria-pressed=${value === true}
        aria-label="${info.name}: ${text.press}"
        ?disabled=${!this.enabled}
        @pointerdown=${press(true)}
        @pointerup=${press(false)}
        @pointerleave=${press(false)}
        @pointercancel=${press(false)}
        @keydown=${key(true)}
        @keyup=${key(false)}
      >
        ${text.press}
      </button>`;
    }
    if (info.type === "bool") {
      return html`<ard-switch
        .on=${value === true}
        .pending=${pending}
        .disabled=${!this.enabled}
        label=${info.name}
        @change=${(event: CustomEvent<boolean>) => this.ask(event.detail)}
      ></ard-switch>`;
    }
    if (info.type === "enum") {
      return html`<span class="select"
        ><select aria-label=${info.name} ?disabled=${!this.enabled} @change=${(event: Event) => this.ask((event.target as HTMLSelectElement).value)}>
          ${info.labels.map((label) => html`<option .selected=${live(label === value)}>${label}</option>`)}</select
        >${icons.chevron}</span
      >`;
    }
    if (info.type === "text") return html`<span class="shown">${valueText(value)}</span>`;
    return this.renderNumber(info, typeof value === "number" ? value : null);
  }

  private renderNumber(info: Channel, value: number | null): unknown {
    const low = info.minimum ?? 0;
    const high = info.maximum ?? 1;
    const step = info.type === "int" ? 1 : 10 ** -decimalsOf(info);
    const bounded = ranged(info);
    const limits = text.limits(info.minimum, info.maximum, info.unit);
    const shown = value === null ? "" : value.toFixed(decimalsOf(info));
    const take = (event: Event): void => {
      const wanted = (event.target as HTMLInputElement).valueAsNumber;
      if (Number.isFinite(wanted)) this.ask(Math.min(bounded ? high : wanted, Math.max(bounded ? low : wanted, wanted)));
    };
    return html`${DIALS(info)
        ? html`<ard-dial
            label=${info.name}
            unit=${info.unit}
            .value=${value}
            .low=${low}
            .high=${high}
            .step=${step}
            .pending=${this.page.driver.asked.get(this.channel.address)?.phase === "asked"}
            .disabled=${!this.enabled}
            @change=${(event: CustomEvent<number>) => this.ask(event.detail)}
          ></ard-dial>`
        : null}${SLIDES(info)
        ? html`<input
            type="range"
            aria-label=${info.name}
            title=${limits}
            min=${low}
            max=${high}
            step=${step}
            ${styled({ "--fill": `${(100 * ((value ?? low) - low)) / (high - low || 1)}%` })}
            .value=${live(value === null ? String(low) : String(value))}
            ?disabled=${!this.enabled}
            @input=${take}
          />`
        : null}
      <input
        type="number"
        class="num"
        aria-label="${info.name}${info.unit ? `, ${info.unit}` : ""}"
        title=${limits}
        min=${low}
        max=${high}
        step=${step}
        .value=${this.renderRoot.querySelector("input[type=number]:focus") ? (this.renderRoot.querySelector<HTMLInputElement>("input[type=number]")!.value) : shown}
        ?disabled=${!this.enabled}
        @change=${take}
      />
      ${info.unit ? html`<span class="unit">${info.unit}</span>` : null}`;
  }

  private renderStatus(): unknown {
    const asked = this.page.driver.asked.get(this.channel.address);
    const value = this.channel.last?.value ?? null;
    if (asked?.phase === "refused" && asked.refusal) {
      const words = text.refused(asked.refusal);
      return html`<div class="status refused" role="alert" title=${words}>${icons.cross}<span>${words}</span></div>`;
    }
    if (asked?.phase === "asked") return html`<div class="status"><span>${text.asked(this.format(asked.value))}</span></div>`;
    // The tick stays as long as the board does what was asked: when it goes safe, it goes.
    // One that goes there slowly has it when it arrives.
    if (asked?.phase === "confirmed" && (same(asked.confirmed, value) || same(asked.value, value))) {
      return html`<div class="status confirmed">${icons.tick}<span>${text.confirmed(this.format(value))}</span></div>`;
    }
    return html`<div class="status"><span>${text.shown(this.format(value))}</span></div>`;
  }

  private renderHold(info: Channel): unknown {
    const now_s = this.page.now_s() ?? Infinity;
    const lease = this.page.leases.of(this.channel.address, now_s);
    const held = this.page.driver.holds(this.channel.address);
    if (this.other !== null) return this.renderTaken(info, this.other, this.other.until_s - now_s);
    const safe = info.type === "bool" ? info.safe === true || info.safe === 1 : info.safe;
    const goes = info.safe === null ? null : text.safe(this.format(safe));
    const here = lease
      ? text.controlledBy(text.here, seconds(held?.left_s ?? lease.until_s - now_s))
      : held
        ? text.held(text.here, seconds(held.left_s))
        : null;
    return html`<div class="hold num" title=${info.hold ? text.holdWords[info.hold] : ""}>
      ${[here === null ? this.driverWords(safe, now_s) : html`<span class="here">${here}</span>`, goes]
        .filter((each) => each !== null)
        .map((each, at) => (at > 0 ? [" · ", each] : each))}
    </div>`;
  }

  /** Who set it last, and how long that holds it; null where nobody has. */
  private driverWords(safe: Value, now_s: number): string | null {
    const by = this.page.leases.setter(this.channel.address);
    if (by === null) return null;
    const who = this.page.driver.isMine(by, this.page.store.session) ? text.here : text.who(by);
    const value = this.channel.last?.value ?? null;
    const holds = by.until_s !== null && by.until_s > now_s && !same(value, safe);
    return holds ? text.held(who, seconds(by.until_s! - now_s)) : text.set(who);
  }

  /** Who else controls it, and from whom it may be taken over. */
  private renderTaken(info: Channel, lease: Lease, left_s: number): unknown {
    const lasts = seconds(left_s);
    const who = text.who(lease);
    const may = this.page.canDrive(this.board) && !this.board.stopped;
    return html`<div class="hold num taken">
      <span title=${text.controlledBy(who, lasts)}>${text.controlledBy(who, lasts)}</span>
      ${may
        ? html`<button aria-label=${text.takeOverLabel(info.name, who)} @click=${() => this.page.takeOver(this.channel.address)}>${text.takeOver}</button>`
        : null}
    </div>`;
  }

  private renderBar(): unknown {
    const held = this.page.driver.holds(this.channel.address);
    if (!held) return null;
    return html`<i class="bar" ${styled({ transform: `scaleX(${Math.min(1, held.left_s / held.whole_s).toFixed(3)})` })}></i>`;
  }

  private renderMode(info: Channel, pin: Pin | undefined): unknown {
    const abilities = pin?.abilities ?? [];
    const offered = MODES.filter(([mode, ability]) => mode !== "quadrature" && (ability === "" || abilities.includes(ability) || mode === info.mode));
    // An encoder has two pins: it is offered once for each that could be the other.
    const partners = abilities.includes("quadrature") ? this.board.descriptor!.pins.filter((each) => each !== pin && each.abilities.includes("quadrature") && !each.locked) : [];
    const choose = (event: Event): void => {
      const [mode, partner] = (event.target as HTMLSelectElement).value.split(" ");
      void this.page.driver.mode(this.channel.address, mode!, partner ? { partner } : {});
    };
    return html`<span class="select"
      ><select
        aria-label=${text.mode(info.name)}
        ?disabled=${!this.enabled}
        @change=${choose}
      >
        ${offered.map(([mode]) => html`<option value=${mode} .selected=${live(mode === info.mode)}>${text.modes[mode] ?? mode}</option>`)}
        ${info.mode === "quadrature" ? html`<option value="quadrature" .selected=${live(true)}>${text.modes["quadrature"]}</option>` : null}
        ${info.mode === "quadrature" ? null : partners.map((each) => html`<option value="quadrature ${each.name}">${text.encoderWith(each.name)}</option>`)}</select
      >${icons.chevron}</span
    >`;
  }

  private renderPin(info: Channel, pin: Pin | undefined): unknown {
    const asked = this.page.driver.asked.get(this.channel.address);
    const value = this.channel.last?.value ?? null;
    const on = value === true;
    const may = this.page.store.role !== "view" && !info.claimed && (pin?.abilities.includes("output") ?? false);
    const refused = asked?.phase === "refused" && asked.refusal ? text.refused(asked.refusal) : null;
    return html`<div class="pin">
      <b>${info.name}</b>
      <span class="level num ${on ? "on" : ""}">${typeof value === "number" ? this.format(value) : valueText(value, null, true)}</span>
      ${this.renderMode(info, pin)}<span class="make">${may ? text.makeOutput : ""}</span>
      ${may
        ? html`<ard-switch
            .on=${asked?.phase === "asked" && asked.value === true}
            .pending=${asked?.phase === "asked"}
            .disabled=${!this.enabled}
            label=${text.makeOutputLabel(info.name)}
            @change=${() => this.ask(true)}
          ></ard-switch>`
        : html`<span></span>`}
      ${refused ? html`<span class="status refused" role="alert">${icons.cross}<span>${refused}</span></span>` : null}
    </div>`;
  }
}
