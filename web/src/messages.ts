/** Every sentence and word that the page shows: one place, so that they fit each other and can be translated. */
import type { BoardState, Hold, Loss, Refusal, Value } from "./protocol.js";
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
  loss: (loss: Loss) => {
    const place = { board: "on the board", wire: "on the wire", queue: "in the gateway", client: "because this page read too slowly" }[loss.place];
    return `${plural(loss.count, "sample", "samples")} missing, lost ${place ?? loss.place} (${loss.reason})`;
  },
  stopped: (stopped, own) =>
    stopped
      ? `all outputs stopped${own ? " from this page" : ""}`
      : `the stop was cleared${own ? " from this page" : ""}; outputs stay at their safe values until they are set`,
};

export const text = {
  product: "ardugate",
  title: (board: string | null, stopped: boolean, lost: boolean) =>
    [lost ? "disconnected" : stopped ? "STOPPED" : null, board, "ardugate"].filter((part) => part !== null).join(" · "),
  boards: "Boards",
  noBoards: "no board",
  unknownState: "unknown",
  hangs: "sketch hangs",
  identify: (name: string) => `Let ${name} blink, to find it`,
  identifying: (name: string) => `${name} blinks`,
  viewOnly: "View only",
  viewOnlyHint: "This link may look, and stop; it may not change anything.",
  themeToDark: "Dark colours",
  themeToLight: "Light colours",

  stop: "STOP ALL OUTPUTS",
  stopShort: "STOP",
  stopping: "STOPPING…",
  stopped: "STOPPED",
  stopAgain: "Every output is at its safe value. Press to send the stop again.",
  stopHint: "Puts every output of every board at its safe value, at once.",
  stopFailed: (names: string) => `The stop did not reach ${names}. Outputs there go safe when the board misses the gateway; cut the power if that is not enough.`,
  stopUnreachable: "The stop did not reach the gateway. Outputs that this page held are safe by now; cut the power if that is not enough.",
  clear: "Hold to clear",
  clearing: "Keep holding…",
  clearHint: "Hold for two seconds. Clearing moves nothing: outputs stay at their safe values until they are set.",
  stoppedTitle: "Stopped",
  stoppedText: (names: string) => `Every output of ${names} is at its safe value and stays there. To drive outputs again, hold “Hold to clear” for two seconds.`,

  lostTitle: "This page lost the gateway",
  lostText: (time: string) =>
    `What you see is as of ${time}, not live. Boards look after themselves: what this page held has gone safe. Trying to reconnect.`,
  connectingTitle: "Connecting to the gateway",
  signInTitle: "Sign in again",
  signInText: "The gateway does not know this browser. Run `ardugate open` on its computer, or open the link that it printed.",

  noBoardTitle: "No board yet",
  noBoardSteps: [
    ["Plug in", "Connect an Arduino to the computer that runs the gateway."],
    ["Upload", "Put arduino/sketch.ino on it, with the Arduino IDE. Nothing to configure."],
    ["Use it", "It shows up here by itself. A port that is not found alone: `ardugate serve --port …`."],
  ] as const,
  sketchSays: "What it prints",

  channels: "Channels",
  values: "Values",
  floating: "Unconnected analog pins float and read noise.",
  floatingHint: "Click a channel to plot it.",
  plotShow: (name: string) => `Plot ${name}`,
  plotHide: (name: string) => `Stop plotting ${name}`,
  noValue: "–",
  noText: "nothing yet",
  live: "Live",
  pause: "Pause",
  resume: "Back to live",
  window: "Time shown",
  windows: [
    [1, "1 s"],
    [10, "10 s"],
    [60, "1 m"],
    [600, "10 m"],
    [3600, "1 h"],
    [86_400, "1 d"],
    [2_592_000, "30 d"],
  ] as const,
  traceLabel: (names: string) => `Live traces of ${names}. The values are in the channel list.`,
  plot: {
    hint: "Drag to move, wheel to zoom",
    keys: "Arrow keys move in time, plus and minus zoom, Shift with an arrow key moves the cursor, Enter measures from there, Space stops and goes on, End shows now.",
    readOut: (time: string, values: string[]) => `${time}: ${values.join(", ")}`,
    range: (low: string, high: string) => `${low} … ${high}`,
    apart: (apart_s: number) => `Δ ${spanText(apart_s)}${apart_s === 0 ? "" : ` · ${Number((1 / Math.abs(apart_s)).toPrecision(4))} Hz`}`,
    stretch: (from: string, to: string) => `${from} to ${to}`,
    shown: (window_s: number) => `${spanText(window_s)} shown`,
    loading: "Fetching older values…",
    save: "Save",
    saveHint: "Save what is shown as a file",
    files: [
      ["png", "Picture", "PNG"],
      ["svg", "Drawing", "SVG"],
      ["csv", "Table", "CSV"],
    ] as const,
    hidden: (count: number) => `${count} hidden`,
    showHidden: "Show them again",
    boards: "Boards",
    boardsHint: "Boards whose channels share these plots",
    options: (name: string) => `How ${name} is shown`,
    menu: {
      title: (name: string) => `How ${name} is shown`,
      name: "Name",
      colour: "Colour",
      colourOf: (number: number) => `Colour ${number}`,
      scale: "Scale",
      low: "Lower end",
      high: "Upper end",
      auto: "auto",
      log: "logarithmic",
      up: "Move up",
      down: "Move down",
      hide: "Hide",
      reset: "As it was",
    },
    spectrum: {
      title: "Spectrum",
      hint: "Which frequencies a fast channel holds",
      channel: "Channel",
      window: "Window function",
      windows: { hann: "Hann", blackman: "Blackman-Harris", flat: "flat top", none: "none" },
      close: "Close the spectrum",
      label: "Spectrum: decibels over frequency. Its peak is said above.",
      uneven: "It takes 64 evenly spaced samples without a gap.",
      said: (isPeak: boolean, hz: number, db: number, unit: string, samples: number) =>
        `${isPeak ? "peak " : ""}${Number(hz.toPrecision(4))} Hz · ${db.toFixed(1)} dB${unit ? ` re 1 ${unit}` : ""} · ${samples.toLocaleString("en")} samples`,
    },
    trigger: {
      title: "Trigger",
      hint: "Show a sweep each time a channel crosses a level",
      channel: "Channel",
      edge: "Edge",
      rising: "rising",
      falling: "falling",
      level: "Level",
      before: "Before it",
      once: "once",
      start: "Start",
      end: "End",
      waits: (name: string, edge: "rising" | "falling", level: number) => `waits for ${name} to ${edge === "rising" ? "rise" : "fall"} through ${level}`,
      seen: (time: string) => `triggered ${time}`,
    },
    zoomIn: "Show less time",
    zoomOut: "Show more time",
  },
  frozen: (time: string) => `last seen ${time}`,

  outputs: "Outputs",
  pins: "Pins",
  commands: "Commands",
  run: "Run",
  runLabel: (command: string) => `Run ${command}`,
  runs: "runs…",
  done: (seconds: number) => `done in ${seconds.toFixed(1)} s`,
  gave: (seconds: number) => (seconds < 0.05 ? "" : `after ${seconds.toFixed(1)} s`),
  gives: (unit: string) => (unit ? `gives a value in ${unit}` : "gives a value"),
  limits: (low: number | null, high: number | null, unit: string) => {
    const ends = low === null && high === null ? "" : low === null ? `at most ${high}` : high === null ? `at least ${low}` : `${low} to ${high}`;
    return unit && ends ? `${ends} ${unit}` : ends || unit;
  },
  beyond: (argument: string) => `${argument} is beyond its limits`,
  takes: (argument: string, limits: string) => `${argument} takes ${limits}`,
  missing: (argument: string) => `${argument} is missing`,
  noNumber: (argument: string, whole: boolean) => `${argument} takes a ${whole ? "whole " : ""}number`,
  makeOutput: "make it an output",
  makeOutputLabel: (name: string) => `${name}: make it an output and switch it on`,
  locked: (names: string) => `${names}: in use by the connection to the computer`,
  noOutputs: "This board declares no outputs.",
  on: "on",
  off: "off",
  high: "high",
  low: "low",
  yes: "yes",
  no: "no",
  press: "Press",
  safe: (value: string) => `safe: ${value}`,
  asked: (value: string) => `asked ${value}…`,
  confirmed: (value: string) => `${value}, confirmed`,
  shown: (value: string) => value,
  heldHere: (left: string) => `held by this page · ${left}`,
  holdWords: {
    client: "goes safe without its driver",
    link: "on while the gateway lives",
    board: "on until a reset",
  } satisfies Record<Hold, string>,
  refused: (refusal: Refusal) => (refusal.hint ? `${refusal.message}: ${refusal.hint}` : refusal.message),
  mode: (name: string) => `Mode of ${name}`,
  modes: {
    off: "not used",
    input: "input",
    input_pullup: "input, pull-up",
    analog: "analog",
    output: "output",
    pwm: "PWM",
    servo: "servo",
    tone: "tone",
    count: "counter",
    frequency: "frequency",
    quadrature: "encoder",
    declared: "sketch",
  } as Record<string, string>,
  encoderWith: (partner: string) => `encoder, with ${partner}`,

  health: {
    good: "Good",
    losing: "Missing samples",
    none: "No link",
    title: "Link health",
    page: "Page to gateway and back",
    board: "Gateway to board and back",
    missing: "Missing samples since the gateway started",
    nothingMissing: "No sample is missing.",
    places: { board: "on the board", wire: "on the wire", queue: "in the gateway", client: "too slow a reader" } as Record<string, string>,
    counters: {
      bad_frames: "Damaged frames to the board",
      rx_overruns: "Bytes the board could not take",
      tx_dropped: "Frames the board had no room for",
      sample_overruns: "Scans the board did not take",
      edges_lost: "Edges the board lost",
      starved_loops: "Seconds the sketch did not come round",
    } as Record<string, string>,
    badFrames: "Damaged frames from the board",
    resends: "Commands sent again",
    faults: "Messages this page could not read",
    gateway: "Gateway",
    ms: (value: number) => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`,
  },

  recording: {
    title: "Record",
    runs: (took: string) => `Recording since ${took}`,
    start: "Record",
    stop: "Stop recording",
    save: "Save the last 5 minutes",
    mark: "Mark",
    note: "What happened just now",
    marked: "marked",
    list: "Recordings",
    none: "Nothing was recorded yet.",
    download: "Download",
    states: { recording: "recording", paused: "paused" } as Record<string, string>,
    size: (bytes: number) => (bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`),
  },
  share: {
    title: "Share",
    make: "A link for others",
    may: "What it allows",
    roles: { view: "Look", control: "Look and drive" } as Record<string, string>,
    board: "For which board",
    everyBoard: "every board",
    end: "How long it is good",
    ends: [
      ["3600", "for 1 hour"],
      ["7200", "for 2 hours"],
      ["86400", "for a day"],
      ["604800", "for a week"],
      ["", "until revoked"],
    ] as const,
    makeLink: "Make a link",
    makeSheet: "QR codes, one a board",
    sheet: "QR codes",
    print: "Print",
    close: "Close",
    code: "QR code of the link",
    link: "The link",
    good: "Good at present",
    forever: "no end",
    left: (left: string) => `${left} left`,
    clients: (count: number) => `${count} here`,
    revoke: "Revoke",
    onlyHere: "This page was opened on the gateway's own computer: if it listens there alone, others need it started with --listen 0.0.0.0:8765.",
  },

  journal: "Journal",
  journalEmpty: "Nothing happened yet.",
  journalKinds: { text: "sketch", loss: "missing", board: "board", stop: "stop", page: "page" },
  pageLost: "this page lost the gateway",
  pageBack: "this page has the gateway again",
} as const;

/** What the components for pages of one's own say beside that. */
export const elementText = {
  connecting: "connecting…",
  lost: "page disconnected",
  old: "The board is not answering: this is the last value it said.",
  frozen: "not live",
  waiting: (channels: string) => `Waiting for a board with ${channels || "channels"}…`,
  refused: (refusal: Refusal) => text.refused(refusal),
};

/** A value for eyes. `decimals` null: as many as it has, up to 4. */
export function valueText(value: Value | undefined, decimals: number | null = null, isPin = false): string {
  if (value === null || value === undefined) return text.noValue;
  if (typeof value === "boolean") return isPin ? (value ? text.high : text.low) : value ? text.on : text.off;
  if (typeof value === "string") return value;
  return decimals === null ? String(Number(value.toFixed(4))) : value.toFixed(decimals);
}

/** A value with its unit: a space goes between, but for degrees of an angle. */
export function withUnit(words: string, unit: string): string {
  return unit === "" ? words : unit === "°" ? `${words}°` : `${words} ${unit}`;
}

/** How long ago, in one short word. */
export function ageText(age_s: number): string {
  if (age_s < 1) return "now";
  if (age_s < 60) return `${Math.floor(age_s)} s`;
  if (age_s < 3600) return `${Math.floor(age_s / 60)} min`;
  if (age_s < 86400) return `${Math.floor(age_s / 3600)} h`;
  return `${Math.floor(age_s / 86400)} d`;
}

/** How long something takes so far, as a clock shows it. */
export function lengthText(length_s: number): string {
  const seconds = Math.max(0, Math.floor(length_s));
  const two = (value: number): string => String(value).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  return `${hours > 0 ? `${hours}:` : ""}${hours > 0 ? two(Math.floor(seconds / 60) % 60) : Math.floor(seconds / 60)}:${two(seconds % 60)}`;
}

/** A span of time in the unit that fits it. */
export function spanText(span_s: number): string {
  const size_s = Math.abs(span_s);
  const say = (value: number, unit: string): string => `${Number(value.toPrecision(4))} ${unit}`;
  if (size_s < 1e-3) return say(span_s * 1e6, "µs");
  if (size_s < 1) return say(span_s * 1e3, "ms");
  if (size_s < 120) return say(span_s, "s");
  return size_s < 7200 ? say(span_s / 60, "min") : say(span_s / 3600, "h");
}
