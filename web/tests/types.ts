/** Held by the type checker: the client is what its published types say. */
import type * as declared from "../packages/ardugate/ardugate.js";
import * as made from "../src/lib/ardugate.js";

export const connect: typeof declared.connect = made.connect;
export const failed: new (...given: never[]) => declared.ArdugateError = made.ArdugateError;
