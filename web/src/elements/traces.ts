/** The left side: one row a channel with its value, unit and age, and its trace beside it, all on one time axis. */
import { css, html, LitElement } from "lit";
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

/** A tile says its age only when it is not fresh: from here on. */
const OLD_S = 2;

@customElement("ard-traces")
export class Traces extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        --legend: 264px;
        display: flex;
        flex-direction: column;
        min-height: 0;
        background: var(--surface);
        border: 1px solid var(--line);
        border-radius: var(--radius);
        overflow: hidden;
      }
      .scroll {
        flex: 1;
        min-height: 0;
        overflow-y: auto;
        position: relative;
      }
      .content {
        position: relative;
        min-height: 100%;
        display: flex;
        flex-direction: column;
      }
      canvas {
        position: absolute;
        top: 0;
        right: 0;
        width: calc(100% - var(--legend));
        height: 100%;
      }
      section {
        display: grid;
        grid-template-columns: var(--legend) minmax(0, 1fr);
        border-bottom: 1px solid var(--line);
      }
      section.plot {
        flex: 1 0 auto;
        min-height: 92px;
      }
      section.plot.outputs {
        flex: 0 0 64px;
        min-height: 64px;
      }
      section.bare {
        align-items: center;
        min-height: 50px;
        border-top: 1px solid var(--line);
      }
      .lane + section.plot {
        border-top: 1px solid var(--line);
      }
      section.bare:first-child {
        border-top: 0;
      }
      .bare .note {
        padding: 0 12px;
        font-size: 12px;
        color: var(--text-3);
      }
      .tiles {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(94px, 1fr));
        padding: 6px 8px 6px 0;
        position: relative;
        z-index: 1;
      }
      .tile {
        display: flex;
        align-items: baseline;
        gap: 8px;
        height: 28px;
        line-height: 28px;
        padding: 0 10px;
        border: 0;
        border-radius: 6px;
        background: none;
      }
      .tile:hover {
        background: var(--sunken);
      }
      .legend {
        border-right: 1px solid var(--line);
        padding: 5px 0;
        min-width: 0;
      }
      .row {
        display: grid;
        grid-template-columns: 10px minmax(0, 1fr) auto 40px;
        align-items: center;
        gap: 6px;
        width: 100%;
        height: 24px;
        padding: 0 8px 0 12px;
        border: 0;
        background: none;
        text-align: left;
      }
      button.row:hover {
        background: var(--sunken);
      }
      .row:focus-visible {
        outline-offset: -2px;
      }
      .swatch {
        width: 10px;
        height: 10px;
        border-radius: 3px;
        border: 1.5px solid var(--line-strong);
      }
      .c1 { --c: var(--trace-1); }
      .c2 { --c: var(--trace-2); }
      .c3 { --c: var(--trace-3); }
      .c4 { --c: var(--trace-4); }
      .c5 { --c: var(--trace-5); }
      .c6 { --c: var(--trace-6); }
      .c7 { --c: var(--trace-7); }
      .c8 { --c: var(--trace-8); }
      [aria-pressed="true"] .swatch {
        background: var(--c);
        border-color: var(--c);
      }
      .name {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .value {
        font-weight: 600;
        text-align: right;
        white-space: nowrap;
        max-width: 130px;
        overflow: hidden;
        text-overflow: ellipsis;
      }
      .unit,
      .age {
        color: var(--text-3);
        font-size: 12px;
        font-weight: 400;
        white-space: nowrap;
      }
      .age {
        text-align: right;
      }
      .solo .row {
        height: auto;
        grid-template-columns: 10px minmax(0, 1fr) auto;
        grid-template-areas: "swatch name age" ". value value";
        padding: 3px 8px 4px 12px;
      }
      .solo .value {
        grid-area: value;
        text-align: left;
        font-size: 22px;
        line-height: 30px;
        letter-spacing: -0.01em;
        max-width: none;
      }
      .solo .unit {
        font-size: 14px;
        letter-spacing: 0;
      }
      .solo .age {
        grid-area: age;
      }
      .kind {
        color: var(--text-3);
        font-size: 12px;
      }
      .at .value {
        color: var(--accent);
      }
      .lane {
        border-bottom: 0;
      }
      .lane .legend {
        padding: 0;
      }
      .lane:nth-child(even of .lane) {
        background: color-mix(in srgb, var(--sunken) 45%, transparent);
      }
      .bit {
        width: 10px;
        height: 10px;
        border-radius: 50%;
        border: 1.5px solid var(--line-strong);
      }
      .bit.on {
        background: var(--lane-in);
        border-color: var(--lane-in);
      }
      .bit.on.out {
        background: var(--accent);
        border-color: var(--accent);
      }
      .area {
        min-width: 0;
      }
      .area.words {
        padding: 0 46px;
        line-height: 24px;
        color: var(--text);
        white-space: nowrap;
        overflow: hidden;
        text-overflow: ellipsis;
        font-family: var(--mono);
        font-size: 12px;
      }
      .axis {
        display: grid;
        grid-template-columns: var(--legend) minmax(0, 1fr);
        height: 36px;
        border-top: 1px solid var(--line);
        position: relative;
      }
      .tools {
        display: flex;
        align-items: center;
        gap: 6px;
        padding: 0 8px;
        border-right: 1px solid var(--line);
      }
      .tools button {
        height: 26px;
        border: 1px solid transparent;
        background: none;
        border-radius: 6px;
        padding: 0 8px;
        display: flex;
        align-items: center;
        gap: 4px;
        color: var(--text-2);
        white-space: nowrap;
      }
      .tools button:hover {
        background: var(--sunken);
      }
      .tools .live {
        width: 76px;
      }
      .tools .live[aria-pressed="true"] {
        background: var(--warn-soft);
        border-color: var(--warn-line);
        color: var(--warn);
        font-weight: 600;
      }
      .spans {
        display: flex;
        margin-left: auto;
        background: var(--sunken);
        border-radius: 7px;
        padding: 2px;
      }
      .spans button {
        height: 22px;
      }
      .spans [aria-pressed="true"] {
        background: var(--surface);
        color: var(--text);
        font-weight: 600;
        box-shadow: 0 0 0 1px var(--line);
      }
      /* A phone: a tile a channel, and one plot, that of the tile touched last. */
      @media (max-width: 760px) {
        :host,
        .scroll {
          overflow: visible;
        }
        :host {
          --legend: 0px;
        }
        .content {
          display: grid;
          grid-template-columns: 1fr 1fr;
        }
        canvas {
          pointer-events: none;
        }
        section,
        .axis {
          display: block;
        }
        section.plot,
        section.bare {
          grid-column: 1 / -1;
        }
        section.plot,
        section.plot.outputs {
          min-height: 0;
        }
        .legend,
        .tools {
          border-right: 0;
        }
        .legend:not(.solo) {
          display: grid;
          grid-template-columns: 1fr 1fr;
        }
        .lane .legend,
        .legend:has(> :only-child) {
          display: block;
        }
        .row,
        .solo .row {
          height: 40px;
          padding: 0 12px;
          grid-template-columns: 10px minmax(0, 1fr) auto;
          grid-template-areas: "swatch name value";
        }
        .solo .age,
        .age {
          display: none;
        }
        .lane {
          border-bottom: 1px solid var(--line);
          background: none !important;
        }
        .area:not(.tiles, .words) {
          display: none;
        }
        .chosen .area:not(.tiles) {
          display: block;
          height: 160px;
          margin-bottom: 24px;
        }
        .lane:has(.words) {
          grid-column: 1 / -1;
        }
        .area.words {
          padding: 0 12px 8px 28px;
        }
        .bare .note {
          padding: 8px 12px 0;
        }
        .tiles {
          padding: 4px 2px;
          grid-template-columns: repeat(3, 1fr);
          column-gap: 8px;
        }
        .tile {
          height: 36px;
          line-height: 36px;
        }
        .axis {
          height: 48px;
        }
        .tools {
          height: 48px;
        }
        .tools button {
          height: 36px;
        }
        .spans button {
          height: 32px;
        }
        .axis canvas {
          display: none;
        }
      }
    `,
  ];
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
