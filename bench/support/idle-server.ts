// A process: an HTTP server on a unix socket that does nothing else. How long it takes to answer is what the machine
// makes any program wait.

import { createServer } from "node:http";

const [socketPath = ""] = process.argv.slice(2);

createServer((_request, response) => response.end("ok\n")).listen(socketPath, () => console.log("listening"));
