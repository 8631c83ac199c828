// Node's ws, as its documentation broadcasts: client.send() in a loop. See peers/__init__.py for how it is spoken with.
import { createInterface } from "node:readline";
import { WebSocketServer } from "ws";

const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
server.on("listening", () => console.log(server.address().port));

function run(frames, hz, size) {
  const payload = Buffer.alloc(size);
  const began = performance.now();
  let sent = 0;
  const step = () => {
    for (const client of server.clients) client.send(payload);
    sent += 1;
    const wait = Math.max(0, began + (sent * 1000) / hz - performance.now());
    setTimeout(sent < frames ? step : () => console.log("done"), wait);
  };
  step();
}

const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => run(...line.split(" ").map(Number)));
lines.on("close", () => process.exit(0));
