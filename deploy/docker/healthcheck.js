// Asks the agent of this container over its socket: exit 0 while windows are being closed and committed.

import { request } from "node:http";

const call = request({ socketPath: "/var/lib/acct-agent/agent.sock", path: "/healthz", timeout: 5_000 }, (response) => {
  response.pipe(process.stdout);
  process.exitCode = response.statusCode === 200 ? 0 : 1;
});
call.on("timeout", () => call.destroy(new Error("no answer in 5 s")));
call.on("error", (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
call.end();
