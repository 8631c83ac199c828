/** How traces.ts looks on a wall: values that are read from four metres, their traces beside them, and nothing to press. */
import { css } from "lit";

/* A letter is read from so far that it is 1/200 of the way high: 20 mm, about 45 pixels of a 40-inch screen of 1080 lines. */
export const wallStyle = css`
  :host([wall]) {
    --legend: 40%;
    border: 0;
    border-radius: 0;
    cursor: none;
  }
  /* Its --rows says how many values there are. */
  :host([wall]) .content {
    --big: clamp(26px, calc(58vh / var(--rows)), 17vh);
    --small: max(16px, calc(var(--big) * 0.4));
  }
  :host([wall]) ard-overlay {
    font-size: max(13px, 2.2vh);
  }
  :host([wall]) canvas {
    font-size: max(13px, 2.5vh);
    pointer-events: none;
  }
  :host([wall]) :is(.bare, .pin, .age, .more, ard-time-bar, ard-spectrum, ard-channel-menu) {
    display: none;
  }
  :host([wall]) .scroll {
    overflow: hidden;
  }
  :host([wall]) section:is(.plot, .outputs) {
    flex: 1 1 0;
    min-height: 0;
  }
  :host([wall]) section.lane {
    flex: 0 0 calc(var(--small) * 1.6);
  }
  :host([wall]) .legend {
    display: flex;
    flex-direction: column;
    justify-content: space-evenly;
    padding: 0;
    border: 0;
    min-height: 0;
  }
  :host([wall]) .row {
    grid-template-columns: auto minmax(0, 1fr) auto;
    grid-template-areas: "swatch name value";
    gap: 0 calc(var(--small) * 0.5);
    height: auto;
    padding: 0 2vw;
    font-size: var(--small);
    pointer-events: none;
  }
  :host([wall]) .row > i {
    width: calc(var(--small) * 0.6);
    height: calc(var(--small) * 0.6);
  }
  :host([wall]) .value {
    grid-area: value;
    max-width: none;
    font-size: var(--big);
    line-height: 1.05;
    letter-spacing: -0.02em;
  }
  :host([wall]) .lane .value {
    font-size: calc(var(--small) * 1.1);
    letter-spacing: 0;
  }
  :host([wall]) :is(.unit, .kind) {
    font-size: calc(var(--small) * 0.8);
    letter-spacing: 0;
  }
  :host([wall]) .area.words {
    font-size: var(--small);
    line-height: 1.6;
    padding-left: calc(4.2 * max(13px, 2.5vh));
  }
  :host([wall]) .axis {
    height: max(28px, 5vh);
  }
`;
