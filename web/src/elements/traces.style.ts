/** How traces.ts looks. */
import { css } from "lit";

export const tracesStyle = css`
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
    font-size: 11px;
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
    grid-template-columns: repeat(auto-fill, minmax(108px, 1fr));
    padding: 6px 8px 6px 0;
    background: var(--surface);
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
  .entry {
    position: relative;
  }
  .more {
    position: absolute;
    top: 0;
    right: 4px;
    width: 28px;
    height: 24px;
    padding: 0;
    border: 0;
    border-radius: 6px;
    background: none;
    color: var(--text-2);
    display: grid;
    place-content: center;
    opacity: 0;
  }
  .solo .more {
    top: 3px;
  }
  .entry:hover .more,
  .more:focus-visible {
    opacity: 1;
    background: var(--sunken);
  }
  .entry:hover .age,
  .entry:has(.more:focus-visible) .age {
    visibility: hidden;
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
    height: 24px;
    border-top: 1px solid var(--line);
    position: relative;
  }
  canvas.traces {
    cursor: crosshair;
    touch-action: pan-y;
  }
  canvas.traces:focus-visible {
    outline-offset: -2px;
  }
  ard-overlay {
    inset: 0 0 0 var(--legend);
  }
  @media (max-width: 1000px) {
    :host {
      --legend: 168px;
    }
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
      flex-flow: wrap;
      align-content: start;
    }
    section,
    section.plot,
    section.plot.outputs {
      display: block;
      flex: 1 0 100%;
      min-width: 0;
    }
    section.plot,
    section.plot.outputs {
      min-height: 0;
    }
    .legend {
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
    .more,
    .solo .more {
      opacity: 1;
      top: 0;
      right: 0;
      width: 36px;
      height: 40px;
      background: none !important;
    }
    .row,
    .solo .row {
      height: 40px;
      padding: 0 36px 0 12px;
      grid-template-columns: 10px minmax(0, 1fr) auto;
      grid-template-areas: "swatch name value";
    }
    .solo .age,
    .age {
      display: none;
    }
    /* Two in a line, the last one alone takes it whole. */
    .lane {
      flex: 1 0 50%;
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
      flex-basis: 100%;
    }
    .area.words {
      padding: 0 12px 8px 28px;
    }
    .bare .note {
      padding: 8px 12px 0;
    }
    .tiles {
      padding: 4px 2px;
      grid-template-columns: repeat(auto-fill, minmax(104px, 1fr));
      column-gap: 8px;
    }
    .tile {
      height: 36px;
      line-height: 36px;
    }
    .axis {
      display: none;
    }
    ard-spectrum {
      order: -1;
    }
    ard-time-bar {
      order: -2;
    }
  }
`;
