/** The spectrum of a fast channel, below the plots: of the newest samples in view. */
import { css, html, LitElement } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { text } from "../messages.js";
import { contextOf, inkOf } from "../plot/ink.js";
import { roundStep } from "../plot/scale.js";
import { peakOf, spectrumOf, WINDOWS } from "../plot/spectrum.js";
import type { Spectrum, WindowName } from "../plot/spectrum.js";
import type { ChannelState } from "../store.js";
import * as icons from "./icons.js";
import { base } from "./theme.js";

/** The most samples of a transform, and the fewest that tell anything. */
const MOST = 8192;
const FEWEST = 64;
/** How much the times of a regular stream may differ from evenly spaced ones, in periods. */
const UNEVEN = 0.1;
/** Painted so often: a transform of 8,192 samples takes a few milliseconds. */
const EACH_MS = 200;
const RANGE_DB = 100;
const LEFT = 46;
const BOTTOM = 20;

@customElement("ard-spectrum")
export class SpectrumPanel extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: block;
        border-top: 1px solid var(--line);
      }
      header {
        display: flex;
        align-items: center;
        gap: 8px;
        height: 34px;
        padding: 0 8px 0 12px;
      }
      h2 {
        margin: 0;
        font-size: 13px;
        font-weight: 600;
      }
      select {
        height: 26px;
        padding: 0 4px;
        color: var(--text);
        background: var(--surface);
        border: 1px solid var(--line-strong);
        border-radius: 6px;
      }
      p {
        flex: 1;
        margin: 0;
        overflow: hidden;
        text-align: right;
        text-overflow: ellipsis;
        white-space: nowrap;
        font-size: 12px;
        color: var(--text-2);
      }
      button {
        display: grid;
        place-content: center;
        width: 28px;
        height: 26px;
        padding: 0;
        border: 0;
        border-radius: 6px;
        background: none;
        color: var(--text-2);
      }
      button:hover {
        background: var(--sunken);
      }
      canvas {
        display: block;
        width: 100%;
        height: 160px;
      }
      @media (max-width: 760px) {
        header {
          flex-wrap: wrap;
          height: auto;
          padding-top: 8px;
        }
        button {
          margin-left: auto;
        }
        p {
          flex: 0 0 100%;
          order: 1;
          text-align: left;
        }
      }
    `,
  ];

  @property({ attribute: false }) channels: readonly ChannelState[] = [];
  @property({ attribute: false }) nameOf!: (channel: ChannelState) => string;
  @property({ attribute: false }) close!: () => void;
  @state() private chosen = "";
  @state() private window: WindowName = "hann";
  @state() private said = "";
  @query("canvas") private readonly canvas!: HTMLCanvasElement;
  private paintedAt_ms = 0;
  private pointer: number | null = null;

  private get channel(): ChannelState | undefined {
    return this.channels.find((channel) => channel.address === this.chosen) ?? this.channels[0];
  }

  /** Paints the spectrum of what came until `to_s`; called on the animation frame. */
  draw(to_s: number, now_ms: number): void {
    if (!this.hasUpdated || now_ms - this.paintedAt_ms < EACH_MS) return;
    this.paintedAt_ms = now_ms;
    const { channel } = this;
    const evenly = channel?.series.evenly(to_s, MOST, FEWEST, UNEVEN) ?? null;
    const spectrum = evenly ? spectrumOf(evenly.values, evenly.dt_s, this.window) : null;
    this.paint(spectrum);
    if (!spectrum || !evenly) {
      this.said = text.plot.spectrum.uneven;
      return;
    }
    const line = this.pointer === null ? null : Math.round(this.pointer * (spectrum.db.length - 1));
    const at = line === null ? peakOf(spectrum) : { hz: line * spectrum.step_hz, db: spectrum.db[line]! };
    this.said = text.plot.spectrum.said(line === null, at.hz, at.db, channel!.info.unit, evenly.values.length);
  }

  private paint(spectrum: Spectrum | null): void {
    const { canvas } = this;
    const ratio = devicePixelRatio || 1;
    const width = canvas.clientWidth;
    const height = canvas.clientHeight;
    if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
    if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
    const context = contextOf(canvas);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    if (!spectrum) return;
    const ink = inkOf(canvas);
    const inner = { width: width - LEFT - 12, height: height - BOTTOM - 8 };
    const most_hz = spectrum.step_hz * (spectrum.db.length - 1);
    const top_db = Math.ceil((peakOf(spectrum).db + 3) / 20) * 20;
    const x = (hz: number): number => LEFT + (hz / most_hz) * inner.width;
    const y = (db: number): number => 6 + ((top_db - Math.max(top_db - RANGE_DB, db)) / RANGE_DB) * inner.height;
    context.font = "11px Geist, system-ui, sans-serif";
    context.fillStyle = ink.quiet;
    context.strokeStyle = ink.grid;
    context.lineWidth = 1;
    context.textBaseline = "middle";
    context.textAlign = "right";
    context.beginPath();
    for (let db = top_db; db >= top_db - RANGE_DB; db -= 20) {
      const at = Math.round(y(db)) + 0.5;
      context.moveTo(LEFT, at);
      context.lineTo(LEFT + inner.width, at);
      context.fillText(`${db} dB`, LEFT - 6, at);
    }
    context.textAlign = "center";
    const step_hz = roundStep((most_hz / Math.max(2, inner.width / 90)) * 2);
    for (let hz = step_hz; hz <= most_hz; hz += step_hz) {
      const at = Math.round(x(hz)) + 0.5;
      context.moveTo(at, 6);
      context.lineTo(at, 6 + inner.height);
      context.fillText(`${Number(hz.toPrecision(4))} Hz`, Math.min(at, width - 24), height - BOTTOM / 2);
    }
    context.stroke();
    context.strokeStyle = ink.traces[0]!;
    context.lineWidth = 1.25;
    context.beginPath();
    spectrum.db.forEach((db, line) => context.lineTo(x(line * spectrum.step_hz), y(db)));
    context.stroke();
  }

  private point(event: PointerEvent): void {
    const part = (event.offsetX - LEFT) / (this.canvas.clientWidth - LEFT - 12);
    this.pointer = part >= 0 && part <= 1 ? part : null;
  }

  override render(): unknown {
    const words = text.plot.spectrum;
    return html`
      <header>
        <h2>${words.title}</h2>
        <select aria-label=${words.channel} @change=${(event: Event) => (this.chosen = (event.target as HTMLSelectElement).value)}>
          ${this.channels.map((each) => html`<option value=${each.address} .selected=${each === this.channel}>${this.nameOf(each)}</option>`)}
        </select>
        <select aria-label=${words.window} @change=${(event: Event) => (this.window = (event.target as HTMLSelectElement).value as WindowName)}>
          ${(Object.keys(WINDOWS) as WindowName[]).map((name) => html`<option value=${name}>${words.windows[name]}</option>`)}
        </select>
        <p class="num">${this.said}</p>
        <button title=${words.close} aria-label=${words.close} @click=${() => this.close()}>${icons.cross}</button>
      </header>
      <canvas role="img" aria-label=${words.label} @pointermove=${this.point} @pointerleave=${() => (this.pointer = null)}></canvas>
    `;
  }
}
