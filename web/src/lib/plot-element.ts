/** `<ard-plot channels="soil temp" window="10m">`: traces over time, one plot a unit, with what was before the page was opened. */
import { css, html } from "lit";
import { customElement, property, query } from "lit/decorators.js";
import { decimalsOf, withUnit } from "../format.js";
import { elementText, text, valueText } from "../messages.js";
import { gapWords } from "../notices.js";
import { Past } from "../past.js";
import type { HistoryAnswer } from "../past.js";
import { groupChannels } from "../plot/groups.js";
import type { Groups, PlotGroup } from "../plot/groups.js";
import { Painter } from "../plot/painter.js";
import { plotsOf } from "../plot/scene.js";
import { ChannelState, HARMLESS } from "../store.js";
import { newestOf } from "./batch.js";
import type { Batch } from "./batch.js";
import type { Subscription } from "./connection.js";
import { looks, sentenceOf, SiteElement } from "./element.js";
import type { Site } from "./site.js";

const UNITS_S: { [unit: string]: number } = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 };
const DEFAULT_WINDOW_S = 60;
/** Windows from here on get minima and maxima, two a pixel of a wide screen: no spike is lost, and little is sent. */
const ENVELOPE_FROM_S = 30;
const PAIRS = 1200;
/** Regular streams above this rate are thinned by the gateway: more than a screen can show. */
const MAX_HZ = 10_000;
/** Numbers are rewritten this often: faster than that nobody reads them. */
const NUMBERS_MS = 120;
/** The tokens that a canvas needs as plain colours. */
const COLOURS = ["--grid", "--gap", "--text", "--text-3", "--surface", "--lane-in", "--accent", ...[1, 2, 3, 4, 5, 6, 7, 8].map((number) => `--trace-${number}`)];

/** Reads `500ms 5s 2m 1h`. */
export function secondsOf(words: string): number {
  const [, number, unit] = /^\s*([\d.]+)\s*(ms|s|m|h|d)\s*$/.exec(words) ?? [];
  const seconds = Number(number) * (UNITS_S[unit ?? ""] ?? Number.NaN);
  return seconds > 0 ? seconds : DEFAULT_WINDOW_S;
}

@customElement("ard-plot")
export class PlotElement extends SiteElement {
  static override styles = [
    looks,
    css`
      :host {
        display: block;
        min-height: 160px;
        font-size: 13px;
        background: var(--surface);
        color: var(--text);
        border: 1px solid var(--line);
        border-radius: 8px;
        overflow: hidden;
      }
      .content {
        position: relative;
      }
      canvas.traces {
        position: absolute;
        inset: 0;
        width: 100%;
        height: 100%;
        pointer-events: none;
      }
      canvas.times {
        display: block;
        width: 100%;
        height: 24px;
      }
      section {
        padding-top: 6px;
        border-bottom: 1px solid var(--line);
      }
      .area {
        height: var(--ard-plot-height, 140px);
      }
      .lane {
        display: flow-root;
      }
      .lane .area {
        height: 24px;
      }
      .legend {
        display: flex;
        flex-wrap: wrap;
        gap: 2px 18px;
        padding: 0 12px 2px;
      }
      .entry {
        display: inline-flex;
        gap: 7px;
        align-items: baseline;
      }
      .entry b {
        font-weight: 600;
      }
      .entry i {
        width: 9px;
        height: 9px;
        border-radius: 3px;
        background: var(--c, var(--lane-in));
      }
      .c1 { --c: var(--trace-1); }
      .c2 { --c: var(--trace-2); }
      .c3 { --c: var(--trace-3); }
      .c4 { --c: var(--trace-4); }
      .c5 { --c: var(--trace-5); }
      .c6 { --c: var(--trace-6); }
      .c7 { --c: var(--trace-7); }
      .c8 { --c: var(--trace-8); }
      .note {
        padding: 14px;
      }
    `,
  ];
  /** Addresses, with spaces between. */
  @property() channels = "";
  /** How much time is shown: `500ms 5s 2m 1h`. */
  @property() window = "1m";
  @query("canvas.traces") private readonly canvas!: HTMLCanvasElement | null;
  @query("canvas.times") private readonly times!: HTMLCanvasElement | null;
  private painter = new Painter();
  private past: Past | null = null;
  private readonly states = new Map<string, ChannelState>();
  private readonly streams = new Map<string, string>();
  private groups: Groups = groupChannels([]);
  private layout = "";
  private subscription: Subscription | null = null;
  private subscribed = "";
  private newest_s = -Infinity;
  private numbers_ms = 0;
  private frame = 0;
  private inked = false;
  private readonly resized = new ResizeObserver(() => (this.painter.stale = true));
  private readonly dark = matchMedia("(prefers-color-scheme: dark)");

  override connectedCallback(): void {
    super.connectedCallback();
    this.dark.addEventListener("change", this.recolour);
    this.resized.observe(this);
    this.frame = requestAnimationFrame(this.draw);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.dark.removeEventListener("change", this.recolour);
    this.resized.disconnect();
    cancelAnimationFrame(this.frame);
    this.subscription?.end();
    this.subscription = null;
    this.subscribed = "";
  }

  protected override entered(site: Site): void {
    this.past = new Past(async (params) => (await site.connection.request("history", params)) as unknown as HistoryAnswer, gapWords);
    this.changed();
  }

  protected override changed(): void {
    const names = this.channels.split(/\s+/).filter((name) => name !== "");
    for (const name of names) {
      const found = this.site?.find(name, this.board);
      if (!found) continue;
      const address = `${found.board.id}/${found.info.name}`;
      const known = this.states.get(address);
      if (known && known.info.unit === found.info.unit && known.info.type === found.info.type) known.info = found.info;
      else this.states.set(address, new ChannelState(address, found.info));
    }
    void this.subscribe();
    super.changed();
  }

  override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has("channels") || changed.has("board") || changed.has("window")) {
      this.states.clear();
      this.changed();
    }
    this.groups = groupChannels([...this.states.values()]);
    const layout = JSON.stringify([plotsOf(this.groups).map((plot) => plot.channels.map((channel) => channel.address)), this.groups.lanes.length, this.groups.pins.length]);
    if (layout !== this.layout) this.painter.stale = true;
    this.layout = layout;
  }

  private async subscribe(): Promise<void> {
    const addresses = [...this.states.keys()];
    const window_s = secondsOf(this.window);
    const wanted = `${addresses.join(" ")} ${window_s}`;
    if (!this.site || addresses.length === 0 || wanted === this.subscribed) return;
    this.subscribed = wanted;
    this.subscription?.end();
    this.subscription = null;
    const form = window_s >= ENVELOPE_FROM_S ? ({ form: "envelope", max_hz: PAIRS / window_s } as const) : ({ form: "raw", max_hz: MAX_HZ } as const);
    try {
      const subscription = await this.site.connection.subscribe({ channels: addresses, ...form }, (batch) => this.take(batch));
      if (this.subscribed === wanted) this.subscription = subscription;
      else subscription.end();
      this.trouble = null;
    } catch (error) {
      this.trouble = sentenceOf(error);
    }
  }

  private take(batch: Batch): void {
    const first_s = batch.t_s[0];
    const last_s = batch.t_s.at(-1);
    if (first_s === undefined || last_s === undefined) return;
    for (const { channel, offset_s, labels } of batch.channels) {
      const state = this.states.get(channel);
      const column = batch.columns[channel];
      if (!state || column === undefined) continue;
      const { series } = state;
      const before = series.lastTime;
      const other = this.streams.get(channel) ?? batch.stream;
      if (before !== null && batch.lost > 0) series.markGap(before, first_s, gapWords.lost(batch.lost));
      // What changed only its rate or mode goes on.
      else if (before !== null && other !== batch.stream && !HARMLESS.has(batch.cause)) series.markGap(before, first_s, gapWords.ended(batch.cause));
      this.streams.set(channel, batch.stream);
      const half_s = batch.t_s.length > 1 ? (batch.t_s[1]! - first_s) / 2 : 0;
      batch.t_s.forEach((scan_s, at) => {
        const t_s = scan_s + offset_s;
        if ("max" in column) {
          series.push(t_s, column.min[at]!);
          series.push(t_s + half_s, column.max[at]!);
        } else series.push(t_s, numberOf(column[at] ?? null, labels));
      });
      state.last = { value: newestOf(column), t_s: last_s + offset_s };
    }
    this.newest_s = Math.max(this.newest_s, last_s);
    this.site?.observe(last_s);
  }

  private readonly recolour = (): void => {
    this.painter = new Painter();
    this.inked = false;
  };

  /** A canvas understands no light-dark(): tells it the colours of the moment. */
  private ink(canvas: HTMLCanvasElement): void {
    if (this.inked) return;
    this.inked = true;
    const probe = document.createElement("i");
    this.renderRoot.append(probe);
    for (const name of COLOURS) {
      canvas.style.removeProperty(name);
      probe.style.color = `var(${name})`;
      canvas.style.setProperty(name, getComputedStyle(probe).color);
    }
    probe.remove();
  }

  private readonly draw = (now_ms: number): void => {
    this.frame = requestAnimationFrame(this.draw);
    const { canvas, times, past, site } = this;
    if (!canvas || !times || !past || !site || this.states.size === 0) return;
    const live = site.connection.state === "open" && [...this.states.values()].every((state) => !this.isFrozen(state));
    const end_s = live ? site.now_s() : this.newest_s;
    if (end_s === null || end_s === -Infinity) return;
    this.ink(canvas);
    const window_s = secondsOf(this.window);
    const shown = [...this.states.values()];
    past.want(shown, end_s - window_s, end_s, window_s / Math.max(1, canvas.clientWidth), live, now_ms);
    this.painter.paint(this.renderRoot as ShadowRoot, canvas, times, {
      groups: this.groups,
      end_s,
      window_s,
      live,
      plotted: () => true,
      trace: (channel) => past.trace(channel),
      heldUntil_s: (channel) => (this.isFrozen(channel) ? this.newest_s : end_s),
      frozen: (channel) => this.isFrozen(channel),
      tag: live ? null : elementText.frozen,
      plot: () => ({}),
      revision: `${past.version} ${this.layout}`,
    });
    if (now_ms - this.numbers_ms > NUMBERS_MS) {
      this.numbers_ms = now_ms;
      this.requestUpdate();
    }
  };

  private isFrozen(channel: ChannelState): boolean {
    const state = this.site?.boards(channel.address.split("/")[0]!)[0]?.state;
    return this.site?.connection.state !== "open" || (state !== "live" && state !== "replay");
  }

  private renderEntry(channel: ChannelState): unknown {
    const { info, last } = channel;
    const value = last?.value ?? null;
    const words = valueText(value, typeof value === "number" ? decimalsOf(info) : null);
    const colour = this.groups.colours.get(channel.address);
    return html`<span class="entry ${colour ? `c${colour}` : ""}"><i></i><b>${info.name}</b><span class="num">${typeof value === "number" ? withUnit(words, info.unit) : words}</span></span>`;
  }

  private renderPlot(plot: PlotGroup): unknown {
    return html`<section class="plot" data-plot=${plot.key}>
      <div class="legend">${plot.channels.map((channel) => this.renderEntry(channel))}</div>
      <div class="area"></div>
    </section>`;
  }

  override render(): unknown {
    const { groups } = this;
    if (this.trouble !== null) return html`<div class="note trouble" role="alert">${this.trouble}</div>`;
    if (this.states.size === 0) return html`<div class="note quiet">${elementText.waiting(this.channels)}</div>`;
    const lanes = [...groups.lanes, ...groups.pins];
    return html`<div class="content">
        ${plotsOf(groups).map((plot) => this.renderPlot(plot))}
        ${lanes.map((lane) => html`<section class="lane" data-lane=${lane.address}><div class="legend">${this.renderEntry(lane)}</div><div class="area"></div></section>`)}
        <canvas class="traces" role="img" aria-label=${text.traceLabel([...this.states.values()].map((state) => state.info.name).join(", "))}></canvas>
      </div>
      <canvas class="times" aria-hidden="true"></canvas>`;
  }
}

function numberOf(value: boolean | number | string | null, labels: readonly string[]): number {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  const label = value === null ? -1 : labels.indexOf(value);
  return label < 0 ? Number.NaN : label;
}
