/** Small panels that open beside a button, in the browser's own top layer: Escape and a press elsewhere close them. */
import { css } from "lit";

/** Distance from the button and from the window's edge. */
const APART_PX = 4;
const EDGE_PX = 8;

/** Opens `panel` below `button`, or above it where there is more room. */
export function openBeside(panel: HTMLElement, button: HTMLElement): void {
  panel.showPopover();
  const at = button.getBoundingClientRect();
  const { width, height } = panel.getBoundingClientRect();
  const below = at.bottom + APART_PX;
  const top = below + height > innerHeight - EDGE_PX ? Math.max(EDGE_PX, at.top - APART_PX - height) : below;
  panel.style.left = `${Math.max(EDGE_PX, Math.min(at.left, innerWidth - width - EDGE_PX))}px`;
  panel.style.top = `${top}px`;
}

export const popupStyle = css`
  [popover] {
    position: fixed;
    inset: auto;
    margin: 0;
    padding: 12px;
    max-width: calc(100vw - 16px);
    max-height: calc(100vh - 16px);
    overflow-y: auto;
    color: var(--text);
    background: var(--surface);
    border: 1px solid var(--line-strong);
    border-radius: var(--radius);
    box-shadow: var(--shadow-pop);
  }
`;
