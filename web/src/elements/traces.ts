/** The left side: one row a channel with its value, unit and age, and its trace beside it, all on one time axis. */
import { html, LitElement } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { ageText, decimalsOf } from "../format.js";
import { text, valueText } from "../messages.js";
import type { Page } from "../page.js";
import { yAt } from "../plot/draw.js";
import { csvOf, pngOf, save, svgOf } from "../plot/export.js";
import { groupChannels } from "../plot/groups.js";
import type { Groups, PlotGroup } from "../plot/groups.js";
import type { Moment } from "../moments.js";
import { Painter } from "../plot/painter.js";
import { clockText, dayText, placeOf } from "../plot/scale.js";
import { holds, plotsOf, ROOM_PX } from "../plot/scene.js";
import type { Scene } from "../plot/scene.js";
import type { Board } from "../protocol.js";
import type { ChannelState } from "../store.js";
import "./channel-menu.js";
import type { ChannelMenu } from "./channel-menu.js";
import { Gestures } from "./gestures.js";
import type { Ground } from "./gestures.js";
import * as icons from "./icons.js";
import "./overlay.js";
import type { Overlay } from "./overlay.js";
import "./spectrum.js";
import type { SpectrumPanel } from "./spectrum.js";
import { base } from "./theme.js";
import "./time-bar.js";
import { tracesStyle } from "./traces.style.js";
import { wallStyle } from "./wall.style.js";
import { styled } from "./styled.js";

/** A tile says its age only when it is not fresh: from here on. */
const OLD_S = 2;

@customElement("ard-traces")
export class Traces extends LitElement {
  static override styles = [base, tracesStyle, wallStyle];
  /** Shown on a wall. */
  @property({ type: Boolean, reflect: true }) wall = false;
  @property({ attribute: false }) page!: Page;
  @property({ attribute: false }) board!: Board;
  @query("canvas.traces") private readonly canvas!: HTMLCanvasElement | null;
  @query("canvas.times") private readonly times!: HTMLCanvasElement | null;
  @query("ard-spectrum") private readonly spectrum!: SpectrumPanel | null;
  @query("ard-channel-menu") private readonly menu!: ChannelMenu;
  @query("ard-overlay") private readonly overlay!: Overlay | null;
  private readonly painter = new Painter();
  private readonly resized = new ResizeObserver(() => (this.painter.stale = true));
  private groups: Groups = groupChannels([]);
  private layout = "";
  private chosen: string | null = null;
  private readonly phone = matchMedia("(max-width: 760px)");
  private readonly gestures = new Gestures(this.ground());
  /** What a screen reader hears of the cursor. */
  @state() private spoken = "";

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
    const { canvas, times, page } = this;
    const scene = canvas && times && this.hasUpdated ? this.scene() : null;
    if (!canvas || !times || !scene) return;
    this.painter.paint(this.renderRoot as ShadowRoot, canvas, times, scene);
    if (page.looking.view.live && page.connection === "open") page.painted(page.looking.boards(this.board));
    const { from_s, to_s, column_s } = this.painter.axis;
    const looking = page.looking;
    const shown = plotsOf(this.groups).flatMap((plot) => plot.channels.filter((channel) => looking.isPlotted(channel)));
    if (page.connection === "open") looking.past.want([...shown, ...this.groups.lanes.filter((lane) => lane.info.type !== "text"), ...this.groups.pins], from_s, to_s, column_s, looking.view.live, performance.now());
    this.overlay?.place(this.painter.axis, {
      cursor_s: looking.view.cursor_s,
      anchor_s: looking.view.anchor_s,
      trigger_s: looking.view.live ? looking.trigger.at_s : null,
      level_px: this.level_px(),
      moments: this.momentsBetween(from_s, to_s),
      // A phone's one plot lies among tiles.
      band: this.phone.matches ? this.painter.bandOf(this.chosenPlot ?? "") : null,
    });
    this.spectrum?.draw(to_s, performance.now());
  }

  override willUpdate(): void {
    const { looking } = this.page;
    this.groups = groupChannels(looking.channels(this.board), looking.layout);
    const layout = JSON.stringify([
      plotsOf(this.groups).map((plot) => [plot.key, plot.channels.map((channel) => [channel.address, looking.isPlotted(channel)])]),
      [...this.groups.lanes, ...this.groups.pins].map((lane) => lane.address),
      this.chosenPlot,
      this.wall,
      looking.layout.version,
    ]);
    if (layout !== this.layout) this.painter.stale = true;
    this.layout = layout;
  }

  /** What is to be painted now, or null before anything was heard. */
  private scene(): Scene | null {
    const { page, board, groups } = this;
    const { looking, store } = page;
    const newest_s = looking.end_s(board);
    if (newest_s === null) return null;
    const quiet = looking.boards(board).filter((each) => !looking.isLive(each));
    const stands = new Set(quiet.map((each) => each.id));
    const boardOf = (channel: ChannelState): string => channel.address.slice(0, channel.address.indexOf("/"));
    return {
      groups,
      end_s: looking.shownEnd_s(board) ?? newest_s,
      window_s: looking.view.window_s,
      live: looking.view.live && looking.trigger.at_s === null && quiet.length < looking.boards(board).length,
      plotted: (channel) => looking.isPlotted(channel),
      trace: (channel) => looking.past.trace(channel),
      heldUntil_s: (channel) => (stands.has(boardOf(channel)) ? (store.lastSeen_s.get(boardOf(channel)) ?? newest_s) : newest_s),
      frozen: (channel) => stands.has(boardOf(channel)),
      tag: quiet.length === 0 ? null : quiet.map((each) => text.frozen(clockText(store.lastSeen_s.get(each.id) ?? newest_s))).join(" · "),
      plot: (key) => looking.layout.plot(key),
      revision: `${looking.past.version} ${this.layout}`,
    };
  }

  /** Saves what is shown as a file. Throws what the gateway says. */
  async export(kind: "png" | "svg" | "csv"): Promise<void> {
    const scene = this.scene();
    const { looking } = this.page;
    if (!scene || !this.canvas) return;
    const from_s = scene.end_s - scene.window_s;
    const boards = looking.boards(this.board);
    const stretch = text.plot.stretch(`${dayText(from_s)} ${clockText(from_s)}`, `${dayText(scene.end_s)} ${clockText(scene.end_s)}`);
    const captions = {
      title: `${boards.map((board) => board.name).join(", ")} · ${stretch}`,
      name: (channel: ChannelState) => (boards.length > 1 ? `${looking.nameOf(channel)} (${this.boardNameOf(channel)})` : looking.nameOf(channel)),
      moments: this.momentsBetween(from_s, scene.end_s),
      value: (channel: ChannelState) => `${this.shownOf(channel)} ${channel.info.unit}`,
    };
    const named = `${boards.map((board) => board.id).join("+")}-${new Date(scene.end_s * 1000).toISOString().slice(0, 19).replace(/[-:]/g, "")}.${kind}`;
    const shown = [...plotsOf(this.groups).flatMap((plot) => plot.channels.filter((channel) => looking.isPlotted(channel))), ...this.groups.lanes];
    if (kind === "png") save(named, await pngOf(scene, captions, this.canvas));
    else if (kind === "svg") save(named, svgOf(scene, captions, this.canvas));
    else save(named, await csvOf(shown.map((channel) => channel.address), from_s, scene.end_s));
  }

  private ground(): Ground {
    const axis = (): Painter["axis"] => this.painter.axis;
    const view = (): Page["looking"]["view"] => this.page.looking.view;
    return {
      get view() {
        return view();
      },
      timeAt: (x) => axis().from_s + ((x - axis().left) / axis().width) * (axis().to_s - axis().from_s),
      inside: (x) => x >= axis().left && x <= axis().left + axis().width,
      now_s: () => this.page.looking.end_s(this.board),
      width: () => axis().width,
      select: (from, to) => this.overlay?.select(Math.min(from, to), Math.abs(to - from)),
      selectNothing: () => this.overlay?.select(0, 0),
      announce: () => {
        const at_s = view().cursor_s;
        const values = plotsOf(this.groups).flatMap((plot) => plot.channels.filter((channel) => this.page.looking.isPlotted(channel)));
        this.spoken = at_s === null ? "" : text.plot.readOut(clockText(at_s, 3), values.map((channel) => `${this.page.looking.nameOf(channel)} ${this.shownOf(channel)} ${channel.info.unit}`));
      },
    };
  }

  /** How high the trigger's level lies in its plot, null where it is not in view. */
  private level_px(): number | null {
    const { settings } = this.page.looking.trigger;
    const plot = plotsOf(this.groups).find((each) => each.channels.some((channel) => channel.address === settings?.channel));
    const band = plot ? this.painter.bandOf(plot.key) : null;
    const scale = plot ? this.painter.scaleOf(plot.key) : null;
    const place = settings && scale ? placeOf(scale, settings.level) : -1;
    if (!band || place < 0 || place > 1) return null;
    return Math.round(yAt({ top: band.top + ROOM_PX, height: band.height - 2 * ROOM_PX }, scale!, settings!.level));
  }

  private momentsBetween(from_s: number, to_s: number): Moment[] {
    const { looking, moments } = this.page;
    const shown = looking.boards(this.board).map((board) => board.id);
    return moments.between(from_s, to_s, shown);
  }

  private age(channel: ChannelState): string {
    const now = this.page.now_s();
    return channel.last === null || now === null ? "" : ageText(now - channel.last.t_s);
  }

  /** Whether a sampled channel's value is older than a reader would take it for. */
  private isOld(channel: ChannelState): boolean {
    return channel.last !== null && (this.page.now_s() ?? 0) - channel.last.t_s >= OLD_S;
  }

  /** A numeric channel's value for eyes: where the cursor is (all that a pixel there has), else the newest. */
  private shownOf(channel: ChannelState): string {
    const at_s = this.page.looking.view.cursor_s;
    const decimals = decimalsOf(channel.info);
    const said = (value: number | null): string => (value === null || Number.isNaN(value) ? text.noValue : valueText(value, decimals));
    if (at_s === null) return said(typeof channel.last?.value === "number" ? channel.last.value : null);
    const half_s = this.painter.axis.column_s / 2;
    const trace = this.page.looking.past.trace(channel);
    let low = Infinity;
    let high = -Infinity;
    trace.visit(at_s - half_s, at_s + half_s, half_s * 2, (t_s, least, most) => {
      if (Math.abs(t_s - at_s) > half_s || Number.isNaN(least)) return;
      low = Math.min(low, least);
      high = Math.max(high, most);
    });
    return low < high && said(low) !== said(high) ? text.plot.range(said(low), said(high)) : said(low <= high ? high : trace.valueAt(at_s));
  }

  /** A lane's value for eyes. */
  private stateOf(channel: ChannelState): string {
    const { info, last } = channel;
    const isPin = info.pin === info.name && !info.output;
    const at_s = this.page.looking.view.cursor_s;
    if (at_s === null || info.type === "text") return info.type === "text" ? "" : valueText(last?.value, null, isPin);
    const at = this.page.looking.past.trace(channel).valueAt(at_s);
    if (at === null || Number.isNaN(at)) return text.noValue;
    return info.type === "enum" ? (info.labels[at] ?? String(at)) : valueText(at > 0, null, isPin);
  }

  /** Shows a channel's trace or takes it away; on a phone, shows its plot. */
  private press(channel: ChannelState): void {
    const { looking } = this.page;
    const group = plotsOf(this.groups).find((plot) => plot.channels.includes(channel));
    const already = this.chosenPlot === group?.key;
    this.chosen = group?.key ?? null;
    if (!this.phone.matches || !looking.isPlotted(channel) || (already && group && group.channels.length > 1)) looking.togglePlot(channel);
    this.requestUpdate();
  }

  /** Channels that are sampled regularly, the plotted ones first. */
  private get fast(): ChannelState[] {
    const all = plotsOf(this.groups).flatMap((plot) => plot.channels.filter((channel) => !holds(channel)));
    return all.sort((a, b) => Number(this.page.looking.isPlotted(b)) - Number(this.page.looking.isPlotted(a)));
  }

  /** The one plot that a phone shows: the chosen one, else the first. */
  private get chosenPlot(): string | null {
    const shown = plotsOf(this.groups).filter((plot) => plot.channels.some((channel) => this.page.looking.isPlotted(channel)));
    return (shown.find((plot) => plot.key === this.chosen) ?? shown[0])?.key ?? null;
  }

  private renderPlot(group: PlotGroup): unknown {
    if (!group.channels.some((channel) => this.page.looking.isPlotted(channel))) return this.renderBare(group);
    const solo = group.channels.length === 1 && !group.outputs;
    return html`<section class="plot ${group.outputs ? "outputs" : ""} ${this.chosenPlot === group.key ? "chosen" : ""}" data-plot=${group.key}>
      <div class="legend ${solo ? "solo" : ""}">${group.channels.map((channel) => this.renderChannel(channel))}</div>
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
            title=${text.plotShow(this.page.looking.nameOf(channel))}
            @click=${() => this.press(channel)}
          >
            <span class="name">${this.renderName(channel)}</span>
            <span class="value num">${this.shownOf(channel)} <span class="unit">${channel.info.unit}</span></span>
            ${this.isOld(channel) ? html`<span class="age num">${this.age(channel)}</span>` : null}
          </button>`,
        )}
      </div>
    </section>`;
  }

  private openMenu(event: Event, channel: ChannelState): void {
    const plot = plotsOf(this.groups).find((each) => each.channels.includes(channel)) ?? null;
    void this.menu.open(event.currentTarget as HTMLElement, channel, plot, this.groups.plots, this.groups.colours.get(channel.address) ?? 1);
  }

  /** How many values are written among each other; a lane's is half as high. */
  private get rows(): number {
    const { looking } = this.page;
    const plotted = plotsOf(this.groups).filter((plot) => plot.channels.some((channel) => looking.isPlotted(channel)));
    return Math.max(1, plotted.reduce((sum, plot) => sum + plot.channels.length, 0) + this.groups.lanes.length / 2);
  }

  /** The button that opens a channel's menu. */
  private renderMore(channel: ChannelState): unknown {
    const words = text.plot.options(this.page.looking.nameOf(channel));
    return html`<button class="more" title=${words} aria-label=${words} @click=${(event: Event) => this.openMenu(event, channel)}>${icons.more}</button>`;
  }

  /** A channel's name, with its board's where several share the axis. */
  private renderName(channel: ChannelState): unknown {
    const { looking } = this.page;
    const several = looking.boards(this.board).length > 1;
    return html`${looking.nameOf(channel)}${several ? html` <span class="kind">${this.boardNameOf(channel)}</span>` : null}`;
  }

  private boardNameOf(channel: ChannelState): string {
    const id = channel.address.slice(0, channel.address.indexOf("/"));
    return this.page.store.boards.get(id)?.name ?? id;
  }

  private renderChannel(channel: ChannelState): unknown {
    const { looking } = this.page;
    const name = looking.nameOf(channel);
    const plotted = looking.isPlotted(channel);
    return html`<div class="entry"><button
      class="row c${this.groups.colours.get(channel.address) ?? 1} ${looking.view.cursor_s === null ? "" : "at"}"
      data-channel=${channel.address}
      aria-pressed=${plotted}
      title=${plotted ? text.plotHide(name) : text.plotShow(name)}
      @click=${() => this.press(channel)}
    >
      <i class="swatch"></i><span class="name">${this.renderName(channel)}</span>
      <span class="value num">${this.shownOf(channel)} <span class="unit">${channel.info.unit}</span></span>
      <span class="age num">${this.age(channel)}</span>
    </button>${this.renderMore(channel)}</div>`;
  }

  private renderLane(channel: ChannelState, kind = ""): unknown {
    const { info, last } = channel;
    const on = last?.value === true;
    const isText = info.type === "text";
    return html`<section class="lane ${kind}" data-lane=${channel.address}>
      <div class="legend">
        <div class="entry"><div class="row ${this.page.looking.view.cursor_s === null ? "" : "at"}" data-channel=${channel.address}>
          <i class=${info.type === "bool" ? `bit ${on ? "on" : ""} ${info.output ? "out" : ""}` : ""}></i
          ><span class="name">${this.renderName(channel)} ${info.output ? html`<span class="kind">${text.modes["output"]}</span>` : null}</span>
          <span class="value">${this.stateOf(channel)}</span>
          <span class="age num">${this.age(channel)}</span>
        </div>${this.renderMore(channel)}</div>
      </div>
      <div class="area ${isText ? "words" : ""}">${isText ? valueText(last?.value) : null}</div>
    </section>`;
  }

  override render(): unknown {
    const { page, groups, gestures } = this;
    const names = [...plotsOf(groups).flatMap((plot) => plot.channels), ...groups.lanes, ...groups.pins].map((channel) => page.looking.nameOf(channel));
    return html`
      <div class="scroll">
        <div class="content" ${styled({ "--rows": String(this.rows) })}>
          ${repeat(groups.plots, (plot) => plot.key, (plot) => this.renderPlot(plot))}
          ${repeat(groups.lanes, (lane) => lane.address, (lane) => this.renderLane(lane))}
          ${groups.bare ? this.renderPlot(groups.bare) : null}
          ${repeat(groups.pins, (lane) => lane.address, (lane) => this.renderLane(lane, "pin"))}
          <canvas
            class="traces"
            role="img"
            tabindex="0"
            aria-label=${text.traceLabel(names.join(", "))}
            aria-describedby="keys"
            @pointerdown=${(event: PointerEvent) => gestures.pressed(event)}
            @pointermove=${(event: PointerEvent) => gestures.movedTo(event)}
            @pointerup=${(event: PointerEvent) => gestures.released(event)}
            @pointercancel=${(event: PointerEvent) => gestures.cancelled(event)}
            @pointerleave=${(event: PointerEvent) => gestures.left(event)}
            @wheel=${(event: WheelEvent) => gestures.wheeled(event)}
            @keydown=${(event: KeyboardEvent) => gestures.keyed(event)}
          ></canvas>
          <ard-overlay></ard-overlay>
        </div>
      </div>
      <div class="axis">
        <div></div>
        <canvas class="times" aria-hidden="true"></canvas>
      </div>
      ${page.looking.spectrum
        ? html`<ard-spectrum
            .channels=${this.fast}
            .nameOf=${(channel: ChannelState) => page.looking.nameOf(channel)}
            .close=${() => (page.looking.spectrum = false)}
          ></ard-spectrum>`
        : null}
      <ard-time-bar .channels=${this.fast} .page=${page} .board=${this.board} .tick=${page.store.version + page.looking.view.version} .export=${(kind: "png" | "svg" | "csv") => this.export(kind)}></ard-time-bar>
      <ard-channel-menu .page=${page}></ard-channel-menu>
      <p id="keys" class="unseen">${text.plot.keys}</p>
      <p class="unseen" role="status">${this.spoken}</p>
    `;
  }
}
