/** What the page says of what is not as usual: a board that is not live, samples that are missing, a stop. */
import type { BoardState } from "./protocol.js";
import type { GapWords } from "./store.js";

const plural = (count: number, one: string, many: string): string => `${count.toLocaleString("en")} ${count === 1 ? one : many}`;

export const STATE_WORDS: Record<BoardState, string> = {
  connecting: "connecting",
  live: "live",
  silent: "not answering",
  down: "unplugged",
  lent: "lent",
  other_sketch: "other sketch",
  blocked: "blocked",
  replay: "replay",
};

/** What the page says of a board that is not live: a title, what it means, what to do. */
export interface Notice {
  tone: "info" | "warn" | "bad";
  title: string;
  text: string;
}

export function boardNotice(name: string, state: BoardState, reason: string, port: string, lastSeen: string | null): Notice | null {
  const because = reason ? ` (${reason})` : "";
  const seen = lastSeen === null ? "" : ` Last seen ${lastSeen}.`;
  switch (state) {
    case "live":
      return null;
    case "connecting":
      return {
        tone: "info",
        title: `Connecting to ${name}`,
        text: `Waiting for the board on ${port} to say hello. An Uno restarts when its port opens; that takes about two seconds.`,
      };
    case "silent":
      return {
        tone: "warn",
        title: `${name} is not answering`,
        text: `Nothing came for a second.${seen} Its own watchdog puts the outputs at their safe values.`,
      };
    case "down":
      return {
        tone: "bad",
        title: `${name} is unplugged`,
        text: `The port is gone${because}.${seen} Its outputs went safe. Plug it in again: it comes back by itself.`,
      };
    case "lent":
      return {
        tone: "info",
        title: `${name} is ${reason || "lent"}`,
        text: `Another program has ${port} for a while. Its outputs are safe; it comes back by itself, or with \`ardugate reclaim ${port}\`.`,
      };
    case "other_sketch":
      return {
        tone: "warn",
        title: reason.includes("prints text") ? "A sketch that prints" : "Another sketch",
        text: reason.includes("prints text")
          ? `The sketch on ${port} only prints text. Its numbers are shown as they come, unchecked; its text is below them. To set things, upload arduino/sketch.ino.`
          : `Bytes arrive on ${port} but no valid frame: another sketch, or a wrong baud rate? Upload arduino/sketch.ino to use this board here.`,
      };
    case "replay":
      return { tone: "info", title: "Replay", text: `What you see of ${name} was recorded. Nothing here moves an output.` };
    case "blocked":
      return { tone: "bad", title: `${port} cannot be used`, text: reason || "The port is in use or may not be opened. `ardugate ports` says who holds it." };
  }
}

/** A sketch that does not come round: what the board did, and how it is mended. */
export function hungNotice(name: string): Notice {
  return {
    tone: "bad",
    title: `${name}'s sketch hangs`,
    text: "It has not come round for 2 s; its outputs were made safe. Look for a loop in it that waits for ever, or press the board's reset button.",
  };
}

export const gapWords: GapWords = {
  lost: (count) => plural(count, "sample missing", "samples missing"),
  ended: (cause) =>
    ({ reset: "board restarted", boot: "board restarted", down: "unplugged", gap: "not answering", clock: "clock was set", page: "page disconnected" })[cause] ??
    "missing",
  stopped: (stopped, own) =>
    stopped
      ? `all outputs stopped${own ? " from this page" : ""}`
      : `the stop was cleared${own ? " from this page" : ""}; outputs stay at their safe values until they are set`,
};
