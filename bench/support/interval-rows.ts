// Reads all billing intervals of a ledger, given as its file, row by row and does nothing with them: what SQLite and one
// JavaScript call a row take.

import Sqlite from "better-sqlite3";

const database = new Sqlite(process.argv[2] ?? "", { readonly: true });
const rows = database
  .prepare<[], [number, number, number, number]>("SELECT network_id, start_ms, bytes_in, bytes_out FROM interval_usage")
  .raw();
let count = 0;
let bytes = 0;
for (const [, , bytesIn, bytesOut] of rows.iterate()) {
  count += 1;
  bytes += bytesIn + bytesOut;
}
console.log(JSON.stringify({ count, bytes }));
