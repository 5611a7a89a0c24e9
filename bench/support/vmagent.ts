// vmagent of Debian's victoria-metrics with a persistent queue in a folder: filled while no request of it gets through,
// then started again, when it sends what it has.

import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { freePort } from "../../test/support/free-port.ts";
import { waitFor } from "../../test/support/wait-for.ts";
import { endProcess, pidOf } from "./child-output.ts";
import { post } from "./drain-receiver.ts";

const PROGRAM = "vmagent";

export interface VmagentSettings {
  readonly folder: string;
  readonly remoteWrite: string;
  /** How many requests are in flight; vmagent's own number without it. */
  readonly queues: number | null;
}

export class Vmagent implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #url: string;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.#url = url;
  }

  static async start(settings: VmagentSettings, flags: readonly string[] = []): Promise<Vmagent> {
    const address = `127.0.0.1:${await freePort()}`;
    const queues = settings.queues === null ? [] : [`-remoteWrite.queues=${settings.queues}`];
    const args = [
      `-httpListenAddr=${address}`,
      `-remoteWrite.tmpDataPath=${join(settings.folder, "vmagent")}`,
      `-remoteWrite.url=${settings.remoteWrite}`,
      ...queues,
      ...flags,
    ];
    const vmagent = new Vmagent(spawn(PROGRAM, args, { stdio: "ignore" }), `http://${address}`);
    try {
      await waitFor("vmagent to be ready", async () => (await fetch(`http://${address}/health`)).ok);
    } catch (error) {
      await vmagent[Symbol.asyncDispose]();
      throw error;
    }
    return vmagent;
  }

  /** Puts the requests of a ledger's outbox into the queue, which is on disk when this resolves. */
  static async enqueue(settings: VmagentSettings, ledgerFile: string): Promise<void> {
    const nowhere = `-remoteWrite.proxyURL=http://127.0.0.1:${await freePort()}`;
    await using vmagent = await Vmagent.start(settings, [nowhere]);
    using ledger = disposable(new Sqlite(ledgerFile, { readonly: true }));
    const requests = ledger.database.prepare<[], { body: Buffer }>("SELECT body FROM outbox ORDER BY id");
    for (const { body } of requests.iterate()) await post(`${vmagent.#url}/api/v1/write`, body);
  }

  get pid(): number {
    return pidOf(this.#child);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endProcess(this.#child, "SIGTERM");
  }
}

function disposable(database: Sqlite.Database): Disposable & { readonly database: Sqlite.Database } {
  return { database, [Symbol.dispose]: () => void database.close() };
}
