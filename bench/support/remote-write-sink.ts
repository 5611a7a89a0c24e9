// A process: takes remote-write requests on loopback and forgets them. Says its port, and on each line of input how many
// requests and bytes came so far.

import { createServer } from "node:http";
import { createInterface } from "node:readline";

let requests = 0;
let bytes = 0;

const server = createServer((request, response) => {
  request.on("data", (chunk: Buffer) => (bytes += chunk.length));
  request.on("end", () => {
    requests += 1;
    response.writeHead(204).end();
  });
});

server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  console.log(JSON.stringify({ port }));
});

createInterface({ input: process.stdin }).on("line", () => console.log(JSON.stringify({ requests, bytes })));
