// The capture files that replay has accounted, by the digest of their unpacked content: each counts once.

import type { Database } from "./database.ts";

export interface CaptureFileRecord {
  /** SHA-256 of the unpacked content, hexadecimal. */
  readonly digest: string;
  readonly interface: string;
  readonly replayedMs: number;
  readonly frames: number;
}

export class CaptureFiles {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  has(digest: string): boolean {
    return this.#database.prepare("SELECT 1 FROM capture_file WHERE digest = ?").get(digest) !== undefined;
  }

  add(file: CaptureFileRecord): void {
    this.#database.prepare("INSERT INTO interface (name) VALUES (?) ON CONFLICT DO NOTHING").run(file.interface);
    const insert = `INSERT INTO capture_file (digest, interface_id, replayed_ms, frames)
      VALUES (@digest, (SELECT id FROM interface WHERE name = @interface), @replayedMs, @frames)`;
    this.#database.prepare(insert).run(file);
  }
}
