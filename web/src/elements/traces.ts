/** The left side: one row a channel with its value, unit and age, and its trace beside it, all on one time axis. */
import { html, LitElement } from "lit";
import { customElement, property, query } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { decimalsOf } from "../format.js";
import { ageText, text, valueText } from "../messages.js";
import type { Page } from "../page.js";
import { Painter } from "../plot/painter.js";
import { groupChannels } from "../plot/groups.js";
import type { Groups, PlotGroup } from "../plot/groups.js";
import { clockText } from "../plot/scale.js";
import type { Board } from "../protocol.js";
import type { ChannelState } from "../store.js";
import * as icons from "./icons.js";
import { base } from "./theme.js";
import { tracesStyle } from "./traces.style.js";

/** A tile says its age only when it is not fresh: from here on. */
const OLD_S = 2;

@customElement("ard-traces")
export class Traces extends LitElement {
  static override styles = [base, tracesStyle];
  @property({ attribute: false }) page!: Page;
  @property({ attribute: false }) board!: Board;
  @query("canvas.traces") private readonly canvas!: HTMLCanvasElement | null;
  @query("canvas.times") private readonly times!: HTMLCanvasElement | null;
  private readonly painter = new Painter();
  private readonly resized = new ResizeObserver(() => (this.painter.stale = true));
  private groups: Groups = { plots: [], lanes: [], bare: null, pins: [] };
  private layout = "";
  private chosen: string | null = null;
  private readonly phone = matchMedia("(max-width: 760px)");
  /** Where the pointer is over the traces, in gateway time. */
  private pointer_s: number | null = null;

  override firstUpdated(): void {
    this.resized.observe(this.renderRoot.querySelector(".content")!);
    this.resized.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.resized.disconnect();
  }

  /** Paints the canvases; called on the animation frame. */
  draw(): void {
    const { page, board, canvas, times } = this;
    if (!canvas || !times || !this.hasUpdated) return;
    const end_s = page.axisEnd_s(board);
    if (end_s === null) return;
    const live = page.connection === "open" && board.state === "live";
    this.painter.paint(this.renderRoot as ShadowRoot, canvas, times, {
      groups: this.groups,
      end_s,
      window_s: page.window_s,
      plotted: (channel) => page.isPlotted(channel),
      heldUntil_s: live ? (page.now_s() ?? end_s) : (page.store.lastSeen_s.get(board.id) ?? end_s),
      frozen: live ? null : text.frozen(clockText(page.store.lastSeen_s.get(board.id) ?? end_s)),
      pointer_s: this.pointer_s,
    });
  }

  override willUpdate(): void {
    this.groups = groupChannels(this.page.store.channelsOf(this.board.id));
    const layout = JSON.stringify([
      this.groups.plots.map((plot) => [plot.key, plot.channels.map((channel) => [channel.address, this.page.isPlotted(channel)])]),
      this.groups.lanes.map((lane) => lane.address),
      this.groups.bare?.channels.map((channel) => [channel.address, this.page.isPlotted(channel)]),
      this.groups.pins.map((lane) => lane.address),
      this.chosenPlot,
    ]);
    if (layout !== this.layout) this.painter.stale = true;
    this.layout = layout;
  }

  private point(event: PointerEvent): void {
    this.pointer_s = this.painter.timeAt(event.offsetX);
  }

  private togglePause(): void {
    const { page } = this;
    page.pausedAt_s = page.pausedAt_s === null ? page.axisEnd_s(this.board) : null;
    this.requestUpdate();
  }

  private age(channel: ChannelState): string {
    const now = this.page.now_s();
    return channel.last === null || now === null ? "" : ageText(now - channel.last.t_s);
  }

  /** Whether a sampled channel's value is older than a reader would take it for. */
  private isOld(channel: ChannelState): boolean {
    return channel.last !== null && (this.page.now_s() ?? 0) - channel.last.t_s >= OLD_S;
  }

  private renderPlot(group: PlotGroup): unknown {
    if (!group.channels.some((channel) => this.page.isPlotted(channel))) return this.renderBare(group);
    const solo = group.channels.length === 1 && !group.outputs;
    return html`<section class="plot ${group.outputs ? "outputs" : ""} ${this.chosenPlot === group.key ? "chosen" : ""}" data-plot=${group.key}>
      <div class="legend ${solo ? "solo" : ""}">${group.channels.map((channel, index) => this.renderChannel(channel, group.colour + index))}</div>
      <div class="area"></div>
    </section>`;
  }

  /** Channels of one unit of which none is plotted: their values, side by side. */
  private renderBare(group: PlotGroup): unknown {
    return html`<section class="bare" data-plot=${group.key}>
      <div class="note">${group.floating ? text.floating : ""} ${text.floatingHint}</div>
      <div class="tiles area">
        ${group.channels.map(
          (channel) => html`<button
            class="tile"
            data-channel=${channel.address}
            aria-pressed="false"
            title=${text.plotShow(channel.info.name)}
            @click=${() => this.press(channel)}
          >
            <span>${channel.info.name}</span>
            <span class="value num">${this.shownOf(channel)} <span class="unit">${channel.info.unit}</span></span>
            ${this.isOld(channel) ? html`<span class="age num">${this.age(channel)}</span>` : null}
          </button>`,
        )}
      </div>
    </section>`;
  }

  /** Shows a channel's trace or takes it away; on a phone, shows its plot. */
  private press(channel: ChannelState): void {
    const group = this.allPlots.find((plot) => plot.channels.includes(channel));
    const already = this.chosenPlot === group?.key;
    this.chosen = group?.key ?? null;
    if (!this.phone.matches || !this.page.isPlotted(channel) || (already && group && group.channels.length > 1)) this.page.togglePlot(channel);
    this.painter.stale = true;
    this.requestUpdate();
  }

  private get allPlots(): PlotGroup[] {
    return this.groups.bare ? [...this.groups.plots, this.groups.bare] : this.groups.plots;
  }

  /** The one plot that a phone shows: the chosen one, else the first. */
  private get chosenPlot(): string | null {
    const shown = this.allPlots.filter((plot) => plot.channels.some((channel) => this.page.isPlotted(channel)));
    return (shown.find((plot) => plot.key === this.chosen) ?? shown[0])?.key ?? null;
  }

  /** A numeric channel's value for eyes: where the pointer is, else the newest. */
  private shownOf(channel: ChannelState): string {
    const at = this.pointer_s === null ? (channel.last?.value ?? null) : channel.series.valueAt(this.pointer_s);
    return typeof at !== "number" || Number.isNaN(at) ? text.noValue : valueText(at, decimalsOf(channel.info));
  }

  private renderChannel(channel: ChannelState, index: number): unknown {
    const { info } = channel;
    const plotted = this.page.isPlotted(channel);
    return html`<button
      class="row c${(index % 8) + 1} ${this.pointer_s === null ? "" : "at"}"
      data-channel=${channel.address}
      aria-pressed=${plotted}
      title=${plotted ? text.plotHide(info.name) : text.plotShow(info.name)}
      @click=${() => this.press(channel)}
    >
      <i class="swatch"></i><span class="name">${info.name}</span>
      <span class="value num">${this.shownOf(channel)} <span class="unit">${info.unit}</span></span>
      <span class="age num">${this.age(channel)}</span>
    </button>`;
  }

  private renderLane(channel: ChannelState): unknown {
    const { info, last } = channel;
    const on = last?.value === true;
    const isText = info.type === "text";
    return html`<section class="lane" data-lane=${channel.address}>
      <div class="legend">
        <div class="row" data-channel=${channel.address}>
          <i class=${info.type === "bool" ? `bit ${on ? "on" : ""} ${info.output ? "out" : ""}` : ""}></i><span class="name">${info.name} ${info.output ? html`<span class="kind">${text.modes["output"]}</span>` : null}</span>
          <span class="value">${isText ? "" : valueText(last?.value, null, info.pin === info.name && !info.output)}</span>
          <span class="age num">${this.age(channel)}</span>
        </div>
      </div>
      <div class="area ${isText ? "words" : ""}">${isText ? valueText(last?.value) : null}</div>
    </section>`;
  }

  override render(): unknown {
    const { page, groups } = this;
    const paused = page.pausedAt_s !== null;
    const names = [...groups.plots.flatMap((plot) => plot.channels), ...groups.lanes, ...(groups.bare?.channels ?? []), ...groups.pins].map((channel) => channel.info.name);
    return html`
      <div class="scroll">
        <div class="content">
          ${repeat(groups.plots, (plot) => plot.key, (plot) => this.renderPlot(plot))}
          ${repeat(groups.lanes, (lane) => lane.address, (lane) => this.renderLane(lane))}
          ${groups.bare ? this.renderPlot(groups.bare) : null}
          ${repeat(groups.pins, (lane) => lane.address, (lane) => this.renderLane(lane))}
          <canvas
            class="traces"
            role="img"
            aria-label=${text.traceLabel(names.join(", "))}
            @pointermove=${this.point}
            @pointerleave=${() => (this.pointer_s = null)}
          ></canvas>
        </div>
      </div>
      <div class="axis">
        <div class="tools">
          <button class="live" aria-pressed=${paused} title=${paused ? text.resume : text.pause} @click=${this.togglePause}>
            ${paused ? icons.play : icons.pause}${paused ? text.live : text.pause}
          </button>
          <div class="spans" role="group" aria-label=${text.window}>
            ${text.windows.map(
              ([seconds, word]) =>
                html`<button aria-pressed=${page.window_s === seconds} @click=${() => (page.window_s = seconds)}>${word}</button>`,
            )}
          </div>
        </div>
        <div></div>
        <canvas class="times" aria-hidden="true"></canvas>
      </div>
    `;
  }
}
