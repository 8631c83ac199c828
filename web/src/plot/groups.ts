/** How a board's channels are put together for the eye: one plot a unit, a lane a digital channel. No DOM. */
import type { ChannelState } from "../store.js";

/** Channels of one unit, which share a plot. */
export interface PlotGroup {
  key: string;
  /** The colour of its first channel; the next ones take the next colours, so that a colour means one channel. */
  colour: number;
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
}

export const BARE = "analog pins";

function isBare(channel: ChannelState): boolean {
  return !channel.info.claimed && channel.info.mode !== "declared";
}

/** Puts a board's channels, given in the board's order, into groups. Pins that are not used are left out. */
export function groupChannels(channels: readonly ChannelState[]): Groups {
  const byUnit = new Map<string, ChannelState[]>();
  const groups: Groups = { plots: [], lanes: [], bare: null, pins: [] };
  for (const channel of channels) {
    const { type, mode, unit, output } = channel.info;
    if (mode === "off") continue;
    if (type !== "int" && type !== "float") {
      (isBare(channel) ? groups.pins : groups.lanes).push(channel);
      continue;
    }
    // Without a unit only equals share a plot: a duty cycle and a counter do not fit on one scale.
    const key = isBare(channel) ? BARE : `${unit || channel.info.name}${output ? " out" : ""}`;
    byUnit.set(key, [...(byUnit.get(key) ?? []), channel]);
  }
  for (const [key, members] of byUnit) {
    const group: PlotGroup = { key, colour: 0, channels: members, floating: key === BARE, outputs: members.every((channel) => channel.info.output) };
    if (key === BARE) groups.bare = group;
    else groups.plots.push(group);
  }
  groups.plots.sort((a, b) => Number(a.outputs) - Number(b.outputs));
  let colour = 0;
  for (const group of groups.bare ? [...groups.plots, groups.bare] : groups.plots) {
    group.colour = colour;
    colour += group.channels.length;
  }
  // Inputs, then outputs, then what is only words.
  const rank = (lane: ChannelState): number => (lane.info.type === "text" ? 2 : Number(lane.info.output));
  groups.lanes.sort((a, b) => rank(a) - rank(b));
  return groups;
}
