/** A servo's dial: half a circle to point at, with a finger, a mouse or the keyboard; said to screen readers as a slider. */
import { css, html, LitElement, svg } from "lit";
import { customElement, property } from "lit/decorators.js";
import { withUnit } from "../format.js";
import { base } from "./theme.js";

/** The half circle in its own units: its middle, and its radius. */
const MIDDLE = 50;
const RADIUS = 42;
/** What Page Up and Page Down move, in steps. */
const PAGE_STEPS = 10;

/** A place on the circle, `part` of the way from its left end over the top to its right end. */
function place(part: number, radius: number): [x: number, y: number] {
  const angle = Math.PI * (1 - part);
  return [MIDDLE + radius * Math.cos(angle), MIDDLE - radius * Math.sin(angle)];
}

/** Says what somebody wants by `change`, as often as the pointer moves. */
@customElement("ard-dial")
export class Dial extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: inline-block;
        width: 92px;
        height: 54px;
      }
      svg {
        display: block;
        width: 100%;
        height: 100%;
        overflow: visible;
        touch-action: none;
        cursor: grab;
        border-radius: 6px;
        outline-offset: 0;
      }
      svg:active {
        cursor: grabbing;
      }
      svg[aria-disabled="true"] {
        opacity: 0.45;
        cursor: not-allowed;
      }
      path {
        fill: none;
        stroke: var(--line-strong);
        stroke-width: 6;
        stroke-linecap: round;
      }
      .way {
        stroke: var(--accent);
      }
      line {
        stroke: var(--text-2);
        stroke-width: 2.5;
        stroke-linecap: round;
      }
      .mark {
        stroke: var(--line-strong);
        stroke-width: 1.5;
      }
      circle {
        fill: #fff;
        stroke: var(--line-strong);
      }
      .hub {
        fill: var(--text-2);
        stroke: none;
      }
      .pending .way {
        opacity: 0.55;
      }
    `,
  ];
  @property() label = "";
  @property() unit = "";
  @property({ attribute: false }) value: number | null = null;
  @property({ attribute: false }) low = 0;
  @property({ attribute: false }) high = 180;
  @property({ attribute: false }) step = 1;
  @property({ type: Boolean }) disabled = false;
  @property({ type: Boolean }) pending = false;

  private ask(wanted: number): void {
    const rounded = this.low + Math.round((wanted - this.low) / this.step) * this.step;
    const value = Math.min(this.high, Math.max(this.low, rounded));
    if (!this.disabled && value !== this.value) this.dispatchEvent(new CustomEvent("change", { detail: value }));
  }

  private readonly point = (event: PointerEvent): void => {
    const drawing = event.currentTarget as SVGElement;
    if (this.disabled || event.button > 0 || (event.type === "pointermove" && !drawing.hasPointerCapture(event.pointerId))) return;
    if (event.type === "pointerdown") drawing.setPointerCapture(event.pointerId);
    const box = drawing.getBoundingClientRect();
    const scale = 100 / box.width;
    const across = (event.clientX - box.left) * scale - MIDDLE;
    // Below the half circle its nearer end is meant.
    const up = Math.max(0, MIDDLE + 4 - (event.clientY - box.top) * scale);
    const part = 1 - Math.atan2(up, across) / Math.PI;
    this.ask(this.low + part * (this.high - this.low));
  };

  private readonly key = (event: KeyboardEvent): void => {
    const at = this.value ?? this.low;
    const steps: { [key: string]: number } = {
      ArrowRight: 1,
      ArrowUp: 1,
      ArrowLeft: -1,
      ArrowDown: -1,
      PageUp: PAGE_STEPS,
      PageDown: -PAGE_STEPS,
    };
    const by = steps[event.key];
    if (by !== undefined) this.ask(at + by * this.step);
    else if (event.key === "Home") this.ask(this.low);
    else if (event.key === "End") this.ask(this.high);
    else return;
    event.preventDefault();
  };

  override render(): unknown {
    const at = this.value ?? this.low;
    const part = Math.min(1, Math.max(0, (at - this.low) / (this.high - this.low || 1)));
    const [x, y] = place(part, RADIUS);
    const [handX, handY] = place(part, RADIUS - 12);
    const arc = (toX: number, toY: number): string => `M${MIDDLE - RADIUS} ${MIDDLE}A${RADIUS} ${RADIUS} 0 0 1 ${toX.toFixed(2)} ${toY.toFixed(2)}`;
    const marks = [0.25, 0.5, 0.75].map((each) => [place(each, RADIUS - 7), place(each, RADIUS - 11)] as const);
    return html`<svg
      viewBox="0 -4 100 62"
      role="slider"
      tabindex=${this.disabled ? -1 : 0}
      class=${this.pending ? "pending" : ""}
      aria-label=${this.label}
      aria-valuemin=${this.low}
      aria-valuemax=${this.high}
      aria-valuenow=${at}
      aria-valuetext=${this.value === null ? "" : withUnit(String(at), this.unit)}
      aria-disabled=${this.disabled}
      @pointerdown=${this.point}
      @pointermove=${this.point}
      @keydown=${this.key}
    >
      ${svg`<path d=${arc(MIDDLE + RADIUS, MIDDLE)} /><path class="way" d=${arc(x, y)} />
        ${marks.map(([[x1, y1], [x2, y2]]) => svg`<line class="mark" x1=${x1} y1=${y1} x2=${x2} y2=${y2} />`)}
        <line x1=${MIDDLE} y1=${MIDDLE} x2=${handX} y2=${handY} /><circle class="hub" cx=${MIDDLE} cy=${MIDDLE} r="4" />
        <circle cx=${x} cy=${y} r="7" />`}
    </svg>`;
  }
}
