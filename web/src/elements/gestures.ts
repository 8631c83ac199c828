/**
 * Pan, zoom and cursor on the plots: by drag, wheel, pinch and keyboard. Speaks in pixels and times; who owns the canvas
 * says what lies where.
 */
import { PAN_STEP, ZOOM_STEP } from "../view.js";
import type { View } from "../view.js";

/** A press that moves less than this is a click. */
const CLICK_PX = 4;
/** How much of a wheel's notch (100 units) halves or doubles the window. */
const WHEEL_PER_DOUBLING = 300;
/** A line of a wheel that counts in lines. */
const LINE_PX = 18;

/** What the gestures act on. */
export interface Ground {
  readonly view: View;
  /** The time at a place of the canvas, also beside the traces. */
  timeAt(x: number): number;
  inside(x: number): boolean;
  /** The end of the time that there is. */
  now_s(): number | null;
  /** The width of the traces, in CSS pixels. */
  width(): number;
  /** Shows the stretch that is being chosen, in pixels, or no more. */
  select(from: number, to: number): void;
  selectNothing(): void;
  /** Says where the cursor was put by keyboard. */
  announce(): void;
}

export class Gestures {
  private readonly down = new Map<number, { x: number; startX: number }>();
  private selectingFrom: number | null = null;
  private moved = false;

  constructor(private readonly ground: Ground) {}

  pressed(event: PointerEvent): void {
    if (event.button !== 0) return;
    (event.currentTarget as Element).setPointerCapture(event.pointerId);
    this.down.set(event.pointerId, { x: event.offsetX, startX: event.offsetX });
    this.moved = this.down.size > 1;
    this.selectingFrom = event.shiftKey ? event.offsetX : null;
  }

  movedTo(event: PointerEvent): void {
    const { ground } = this;
    const finger = this.down.get(event.pointerId);
    const x = event.offsetX;
    if (event.pointerType === "mouse" || !finger) ground.view.point(ground.inside(x) ? ground.timeAt(x) : null);
    if (!finger) return;
    if (Math.abs(x - finger.startX) > CLICK_PX) this.moved = true;
    if (this.selectingFrom !== null) {
      if (this.moved) ground.select(this.selectingFrom, x);
    } else if (this.down.size === 2) this.pinch(event.pointerId, x);
    else if (this.moved) this.drag(x - finger.x);
    finger.x = x;
  }

  released(event: PointerEvent): void {
    const { ground } = this;
    const finger = this.down.get(event.pointerId);
    if (!finger) return;
    this.down.delete(event.pointerId);
    if (this.selectingFrom !== null && this.moved) {
      const times = [ground.timeAt(this.selectingFrom), ground.timeAt(event.offsetX)].sort((a, b) => a - b);
      ground.view.fix(times[0]!, times[1]!);
    } else if (!this.moved && ground.inside(event.offsetX)) {
      ground.view.point(ground.timeAt(event.offsetX));
      if (event.pointerType === "mouse") ground.view.anchor(ground.timeAt(event.offsetX));
    }
    this.selectingFrom = null;
    ground.selectNothing();
  }

  cancelled(event: PointerEvent): void {
    this.down.delete(event.pointerId);
    this.selectingFrom = null;
    this.ground.selectNothing();
  }

  left(event: PointerEvent): void {
    if (event.pointerType === "mouse" && this.down.size === 0) this.ground.view.point(null);
  }

  wheeled(event: WheelEvent): void {
    const { ground } = this;
    const now_s = ground.now_s();
    if (now_s === null) return;
    event.preventDefault();
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_PX : 1;
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) ground.view.pan((event.deltaX * unit * ground.view.window_s) / ground.width(), now_s);
    else ground.view.zoom(2 ** ((event.deltaY * unit) / WHEEL_PER_DOUBLING), ground.timeAt(event.offsetX), now_s);
  }

  /** True when the key meant something. */
  keyed(event: KeyboardEvent): void {
    const { ground } = this;
    const { view } = ground;
    const now_s = ground.now_s();
    if (now_s === null || event.ctrlKey || event.metaKey || event.altKey) return;
    const middle_s = view.cursor_s ?? (view.end_s ?? now_s) - view.window_s / 2;
    const step = (to: -1 | 1): void => {
      if (event.shiftKey) {
        view.point(Math.min(now_s, middle_s + (to * view.window_s) / 100));
        ground.announce();
      } else view.pan(to * PAN_STEP * view.window_s, now_s);
    };
    const keys: { [key: string]: () => void } = {
      ArrowLeft: () => step(-1),
      ArrowRight: () => step(1),
      "+": () => view.zoom(1 / ZOOM_STEP, middle_s, now_s),
      "=": () => view.zoom(1 / ZOOM_STEP, middle_s, now_s),
      "-": () => view.zoom(ZOOM_STEP, middle_s, now_s),
      " ": () => (view.live ? view.pause(now_s) : view.follow()),
      End: () => view.follow(),
      Enter: () => view.anchor(middle_s),
      Escape: () => {
        view.point(null);
        view.anchor_s = null;
      },
    };
    const action = keys[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }

  private drag(by: number): void {
    const { ground } = this;
    const now_s = ground.now_s();
    if (now_s !== null) ground.view.pan((-by * ground.view.window_s) / ground.width(), now_s);
  }

  private pinch(id: number, x: number): void {
    const { ground } = this;
    const other = [...this.down].find(([each]) => each !== id)?.[1];
    const finger = this.down.get(id);
    const now_s = ground.now_s();
    if (!other || !finger || now_s === null) return;
    const before = Math.max(10, Math.abs(finger.x - other.x));
    const after = Math.max(10, Math.abs(x - other.x));
    ground.view.zoom(before / after, ground.timeAt((x + other.x) / 2), now_s);
  }
}
