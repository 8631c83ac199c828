// socket.io 4, as its documentation broadcasts: io.emit(). A binary message is a text frame that announces it and a
// binary frame. See peers/__init__.py for how it is spoken with.
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { Server } from "socket.io";

const http = createServer();
// A measurement's clients answer no pings.
const io = new Server(http, { transports: ["websocket"], perMessageDeflate: false, pingInterval: 1e8, connectTimeout: 1e8 });
http.listen(0, "127.0.0.1", () => console.log(http.address().port));

function run(frames, hz, size) {
  const payload = Buffer.alloc(size);
  const began = performance.now();
  let sent = 0;
  const step = () => {
    io.emit("m", payload);
    sent += 1;
    const wait = Math.max(0, began + (sent * 1000) / hz - performance.now());
    setTimeout(sent < frames ? step : () => console.log("done"), wait);
  };
  step();
}

const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => run(...line.split(" ").map(Number)));
lines.on("close", () => process.exit(0));
