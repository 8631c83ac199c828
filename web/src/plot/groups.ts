/** How a board's channels are put together for the eye: one plot a unit, a lane a digital channel. No DOM. */
import { COLOURS } from "../layout.js";
import type { LayoutKeeper } from "../layout.js";
import type { ChannelState } from "../store.js";

/** Channels of one unit, which share a plot. */
export interface PlotGroup {
  key: string;
  channels: ChannelState[];
  /** Analog pins that nobody declared: unless something is connected, they read noise. */
  floating: boolean;
  /** Only outputs: a low plot is enough for what one sets oneself. */
  outputs: boolean;
}

/** From top to bottom: what the sketch declares or somebody claimed, then the bare pins. */
export interface Groups {
  plots: PlotGroup[];
  lanes: ChannelState[];
  bare: PlotGroup | null;
  pins: ChannelState[];
  /** The number of each plotted channel's colour, from 1: a colour means one channel, wherever that is put. */
  colours: ReadonlyMap<string, number>;
}

export const BARE = "analog pins";

function isBare(channel: ChannelState): boolean {
  return !channel.info.claimed && channel.info.mode !== "declared";
}

/** Puts channels, given in their boards' order, into groups, as the layout has it. Pins that are not used are left out. */
export function groupChannels(channels: readonly ChannelState[], layout: LayoutKeeper | null = null): Groups {
  const byUnit = new Map<string, ChannelState[]>();
  const colours = new Map<string, number>();
  const groups: Groups = { plots: [], lanes: [], bare: null, pins: [], colours };
  for (const channel of channels) {
    const { type, mode, unit, output } = channel.info;
    if (mode === "off") continue;
    if (type !== "int" && type !== "float") {
      if (!layout?.channel(channel.address).hidden) (isBare(channel) ? groups.pins : groups.lanes).push(channel);
      continue;
    }
    // Without a unit only equals share a plot: a duty cycle and a counter do not fit on one scale.
    const key = isBare(channel) ? BARE : `${unit || channel.info.name}${output ? " out" : ""}`;
    const members = byUnit.get(key) ?? [];
    byUnit.set(key, members);
    members.push(channel);
  }
  for (const [key, all] of [...byUnit].sort(([a], [b]) => Number(a === BARE) - Number(b === BARE))) {
    for (const channel of all) colours.set(channel.address, layout?.channel(channel.address).colour ?? (colours.size % COLOURS) + 1);
    const members = all.filter((channel) => !layout?.channel(channel.address).hidden);
    if (members.length === 0) continue;
    const group: PlotGroup = { key, channels: members, floating: key === BARE, outputs: members.every((channel) => channel.info.output) };
    if (key === BARE) groups.bare = group;
    else groups.plots.push(group);
  }
  groups.plots.sort((a, b) => Number(a.outputs) - Number(b.outputs));
  if (layout) {
    const placed = (channel: ChannelState): number => layout.channel(channel.address).order ?? 0;
    groups.plots.sort((a, b) => (layout.plot(a.key).order ?? 0) - (layout.plot(b.key).order ?? 0));
    for (const plot of groups.plots) plot.channels.sort((a, b) => placed(a) - placed(b));
  }
  // Inputs, then outputs, then what is only words.
  const rank = (lane: ChannelState): number => (lane.info.type === "text" ? 2 : Number(lane.info.output));
  groups.lanes.sort((a, b) => rank(a) - rank(b));
  return groups;
}
