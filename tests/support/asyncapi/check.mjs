// Reads an AsyncAPI document from stdin, prints what the official parser finds wrong, a JSON array of lines.
import { Parser } from "@asyncapi/parser";
import { text } from "node:stream/consumers";

const WORDS = ["error", "warning", "info", "hint"];
const found = await new Parser().validate(await text(process.stdin));
const wrong = found.filter(({ severity }) => severity < 2);
console.log(JSON.stringify(wrong.map(({ severity, path, message }) => `${WORDS[severity]} at ${path.join("/")}: ${message}`)));
