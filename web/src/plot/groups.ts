/** How a board's channels are put together for the eye: one plot a unit, a lane a digital channel. No DOM. */
import type { ChannelState } from "../store.js";

/** Channels of one unit share a plot. */
export interface PlotGroup {
  key: string;
  unit: string;
  channels: ChannelState[];
}

export interface Groups {
  plots: PlotGroup[];
  lanes: ChannelState[];
}

/** What the plot of a unit is called, where the unit alone would say nothing. */
function keyOf(channel: ChannelState): string {
  const { unit, mode, claimed } = channel.info;
  // Bare analog pins are noise until somebody says what they are: they stay apart from what a sketch declares.
  if (mode === "analog" && !claimed) return "analog pins";
  return unit === "" ? mode : unit;
}

/** Plots of declared channels come first, bare analog pins last; lanes are inputs, then outputs, in the board's order. */
export function groupChannels(channels: readonly ChannelState[]): Groups {
  const plots = new Map<string, PlotGroup>();
  const lanes: ChannelState[] = [];
  for (const channel of channels) {
    const { type, mode, unit } = channel.info;
    if (mode === "off") continue;
    if (type === "int" || type === "float") {
      const key = keyOf(channel);
      const group = plots.get(key) ?? { key, unit, channels: [] };
      group.channels.push(channel);
      plots.set(key, group);
    } else lanes.push(channel);
  }
  const rank = (group: PlotGroup): number => (group.key === "analog pins" ? 2 : group.channels.every((channel) => channel.info.output) ? 1 : 0);
  return {
    plots: [...plots.values()].sort((a, b) => rank(a) - rank(b)),
    lanes: [...lanes.filter((lane) => !lane.info.output), ...lanes.filter((lane) => lane.info.output)],
  };
}
