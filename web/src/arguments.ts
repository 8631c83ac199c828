/** A command's arguments as somebody typed them, and what it gave back, for eyes. No DOM. */
import { withUnit } from "./format.js";
import { text, valueText } from "./messages.js";
import type { Argument, Json, Refusal, Value } from "./protocol.js";

/** Decimals of a result: what a sensor of a hobby is good for. */
const RESULT_DECIMALS = 4;

/** What a field says, in its argument's type and limits; or why it cannot be sent. */
export function argumentOf(argument: Argument, words: string, checked: boolean): { value: Json } | { refusal: Refusal } {
  const { name, type, minimum, maximum, unit } = argument;
  const refuse = (reason: string, message: string): { refusal: Refusal } => {
    const limits = text.limits(minimum, maximum, unit);
    return { refusal: { reason, message, hint: limits === "" ? "" : text.takes(name, limits) } };
  };
  if (type === "bool") return { value: checked };
  if (type === "text") return { value: words };
  if (words.trim() === "") return refuse("bad_request", text.missing(name));
  const value = Number(words);
  const whole = type !== "float";
  if (!Number.isFinite(value) || (whole && !Number.isInteger(value))) return refuse("wrong_type", text.noNumber(name, whole));
  if ((minimum !== null && value < minimum) || (maximum !== null && value > maximum)) return refuse("out_of_range", text.beyond(name));
  return { value };
}

/** What a command gave back, for eyes: a boolean answers a question. */
export function resultText(result: Value, unit: string): string {
  if (typeof result === "boolean") return result ? text.yes : text.no;
  return withUnit(valueText(typeof result === "number" ? Number(result.toFixed(RESULT_DECIMALS)) : result), unit);
}
