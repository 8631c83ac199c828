/** What opens below a tool of the top bar. */
import { css } from "lit";

export const popoverStyle = css`
  :host {
    position: relative;
    display: block;
  }
  .tool {
    display: flex;
    align-items: center;
    gap: 7px;
    height: 30px;
    padding: 0 9px;
    border-radius: 6px;
    border: 1px solid transparent;
    background: none;
    color: var(--text-2);
    white-space: nowrap;
  }
  .tool:hover {
    border-color: var(--line-strong);
  }
  .panel {
    position: absolute;
    right: 0;
    top: 38px;
    z-index: 30;
    width: 404px;
    max-height: min(620px, calc(100dvh - 120px));
    overflow: auto;
    padding: 14px 16px;
    background: var(--surface);
    border-radius: 10px;
    box-shadow: var(--shadow-pop);
    display: grid;
    gap: 12px;
  }
  .line {
    display: flex;
    gap: 8px;
    align-items: center;
    flex-wrap: wrap;
  }
  .line > .wide {
    flex: 1;
    min-width: 0;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .panel button,
  .panel select,
  .panel input {
    height: 28px;
    border: 1px solid var(--line-strong);
    border-radius: 6px;
    background: var(--surface);
    padding: 0 9px;
    min-width: 0;
  }
  .panel button:hover:enabled {
    border-color: var(--accent);
  }
  .panel button:disabled {
    opacity: 0.45;
  }
  .panel .main {
    background: var(--accent);
    border-color: var(--accent);
    color: var(--on-accent);
    font-weight: 600;
  }
  .panel input {
    flex: 1;
  }
  ul {
    list-style: none;
    margin: 0;
    padding: 0;
    display: grid;
    gap: 8px;
  }
  .refused {
    color: var(--bad);
  }
  a {
    color: var(--accent);
  }
  @media (max-width: 760px) {
    .word {
      display: none;
    }
    .panel {
      position: fixed;
      left: 12px;
      right: 12px;
      top: 54px;
      width: auto;
    }
  }
`;
