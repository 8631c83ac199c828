/** How a channel is shown: its name, colour, place and scale. Kept in the layout, never sent to the board. */
import { css, html, LitElement } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { COLOURS } from "../layout.js";
import { text } from "../messages.js";
import type { Page } from "../page.js";
import type { PlotGroup } from "../plot/groups.js";
import type { ChannelState } from "../store.js";
import { openBeside, popupStyle } from "./popup.js";
import { base } from "./theme.js";

@customElement("ard-channel-menu")
export class ChannelMenu extends LitElement {
  static override styles = [
    base,
    popupStyle,
    css`
      [popover] {
        width: 268px;
      }
      h2 {
        margin: 0 0 10px;
        font-size: 12px;
        font-weight: 400;
        color: var(--text-3);
        overflow-wrap: anywhere;
      }
      label,
      fieldset {
        display: grid;
        grid-template-columns: 64px minmax(0, 1fr);
        align-items: center;
        gap: 8px;
        margin: 0 0 8px;
        padding: 0;
        border: 0;
        color: var(--text-2);
      }
      legend {
        float: left;
        padding: 0;
      }
      input:not([type="checkbox"], [type="radio"]) {
        width: 100%;
        height: 30px;
        padding: 0 8px;
        background: var(--surface);
        border: 1px solid var(--line-strong);
        border-radius: 6px;
      }
      .ends {
        display: grid;
        grid-template-columns: 1fr auto 1fr;
        align-items: center;
        gap: 6px;
      }
      .swatches {
        display: flex;
        justify-content: space-between;
      }
      .swatches label {
        display: block;
        margin: 0;
      }
      .swatches input {
        position: absolute;
        opacity: 0;
      }
      .swatches i {
        display: block;
        width: 20px;
        height: 20px;
        border-radius: 5px;
        background: var(--c);
        box-shadow: inset 0 0 0 2px var(--surface);
        border: 2px solid transparent;
        cursor: pointer;
      }
      .swatches input:checked + i {
        border-color: var(--text);
      }
      .swatches input:focus-visible + i {
        outline: 2px solid var(--accent);
        outline-offset: 1px;
      }
      .c1 { --c: var(--trace-1); }
      .c2 { --c: var(--trace-2); }
      .c3 { --c: var(--trace-3); }
      .c4 { --c: var(--trace-4); }
      .c5 { --c: var(--trace-5); }
      .c6 { --c: var(--trace-6); }
      .c7 { --c: var(--trace-7); }
      .c8 { --c: var(--trace-8); }
      .check {
        grid-template-columns: 64px auto 1fr;
      }
      .buttons {
        display: grid;
        grid-template-columns: 1fr 1fr;
        gap: 6px;
        margin-top: 12px;
      }
      .buttons button {
        height: 30px;
        border: 1px solid var(--line-strong);
        border-radius: 6px;
        background: var(--surface);
      }
      .buttons button:hover:not(:disabled) {
        background: var(--sunken);
      }
      .buttons button:disabled {
        color: var(--text-3);
      }
    `,
  ];

  @property({ attribute: false }) page!: Page;
  @state() private channel: ChannelState | null = null;
  @state() private plot: PlotGroup | null = null;
  private plots: readonly PlotGroup[] = [];
  private colour = 1;
  @query("[popover]") private readonly panel!: HTMLElement;

  /** Opens beside `button`. `plot` is null for a lane. */
  async open(button: HTMLElement, channel: ChannelState, plot: PlotGroup | null, plots: readonly PlotGroup[], colour: number): Promise<void> {
    this.channel = channel;
    this.plot = plot;
    this.plots = plots;
    this.colour = colour;
    await this.updateComplete;
    openBeside(this.panel, button);
  }

  private rename(event: Event): void {
    const name = (event.target as HTMLInputElement).value.trim();
    this.page.looking.layout.setChannel(this.channel!.address, { name: name && name !== this.channel!.info.name ? name : undefined });
  }

  private paint(colour: number): void {
    this.colour = colour;
    this.page.looking.layout.setChannel(this.channel!.address, { colour });
  }

  /** Takes both ends of the scale, or gives it back to the plot while they are none. */
  private scale(): void {
    const [low, high] = [...this.renderRoot.querySelectorAll<HTMLInputElement>(".ends input")].map((input) => (input.value === "" ? Number.NaN : Number(input.value)));
    const fixed = low! < high!;
    this.page.looking.layout.setPlot(this.plot!.key, { low: fixed ? low : undefined, high: fixed ? high : undefined });
  }

  /** Moves the channel within its plot, or, alone or at its end, the plot among the plots. */
  private move(by: -1 | 1): void {
    const { layout } = this.page.looking;
    const { plot, channel } = this;
    if (!plot || !channel) return;
    const at = plot.channels.indexOf(channel);
    if (plot.channels[at + by]) {
      const order = swapped(plot.channels, at, at + by);
      order.forEach((each, place) => layout.setChannel(each.address, { order: place }));
      plot.channels.splice(0, order.length, ...order);
    } else {
      const place = this.plots.indexOf(plot);
      if (this.plots[place + by]) {
        this.plots = swapped(this.plots, place, place + by);
        this.plots.forEach((each, number) => layout.setPlot(each.key, { order: number }));
      }
    }
    this.requestUpdate();
  }

  private hide(): void {
    this.page.looking.layout.setChannel(this.channel!.address, { hidden: true });
    this.panel.hidePopover();
  }

  private reset(): void {
    const { layout } = this.page.looking;
    layout.setChannel(this.channel!.address, { name: undefined, colour: undefined, order: undefined, plotted: undefined });
    if (this.plot) layout.setPlot(this.plot.key, { log: undefined, low: undefined, high: undefined, order: undefined });
    this.panel.hidePopover();
  }

  private canMove(by: -1 | 1): boolean {
    const { plot, channel } = this;
    return plot !== null && channel !== null && (plot.channels[plot.channels.indexOf(channel) + by] ?? this.plots[this.plots.indexOf(plot) + by]) !== undefined;
  }

  override render(): unknown {
    const { channel, plot } = this;
    const { layout } = this.page.looking;
    if (!channel) return html`<div popover></div>`;
    const chosen = layout.channel(channel.address);
    const scale = plot ? layout.plot(plot.key) : {};
    const words = text.plot.menu;
    return html`<div popover role="dialog" aria-label=${words.title(channel.info.name)}>
      <h2>${channel.address}</h2>
      <label>${words.name}<input maxlength="80" .value=${chosen.name ?? channel.info.name} @change=${this.rename} /></label>
      ${plot
        ? html`<fieldset>
              <legend>${words.colour}</legend>
              <div class="swatches">
                ${Array.from({ length: COLOURS }, (_, at) => at + 1).map(
                  (number) => html`<label class="c${number}"
                    ><input type="radio" name="colour" aria-label=${words.colourOf(number)} .checked=${this.colour === number} @change=${() => this.paint(number)} /><i></i
                  ></label>`,
                )}
              </div>
            </fieldset>
            <fieldset>
              <legend>${words.scale}</legend>
              <div class="ends">
                <input type="number" step="any" aria-label=${words.low} placeholder=${words.auto} .value=${String(scale.low ?? "")} @change=${this.scale} />
                –
                <input type="number" step="any" aria-label=${words.high} placeholder=${words.auto} .value=${String(scale.high ?? "")} @change=${this.scale} />
              </div>
            </fieldset>
            <label class="check"
              ><span></span
              ><input
                type="checkbox"
                .checked=${scale.log ?? false}
                @change=${(event: Event) => layout.setPlot(plot.key, { log: (event.target as HTMLInputElement).checked || undefined })}
              />${words.log}</label
            >`
        : null}
      <div class="buttons">
        ${plot
          ? html`<button ?disabled=${!this.canMove(-1)} @click=${() => this.move(-1)}>${words.up}</button>
              <button ?disabled=${!this.canMove(1)} @click=${() => this.move(1)}>${words.down}</button>`
          : null}
        <button @click=${this.hide}>${words.hide}</button>
        <button @click=${this.reset}>${words.reset}</button>
      </div>
    </div>`;
  }
}

function swapped<T>(list: readonly T[], a: number, b: number): T[] {
  const copy = [...list];
  [copy[a], copy[b]] = [copy[b]!, copy[a]!];
  return copy;
}
