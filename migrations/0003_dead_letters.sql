-- Samples that a receiver refuses by themselves: out of the queue, kept until somebody acts.

CREATE TABLE dead_letter (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  endpoint      TEXT NOT NULL,
  request_id    INTEGER NOT NULL,                    -- in the outbox, which may have forgotten it
  sample_index  INTEGER NOT NULL,                    -- place in the request
  window_end_ms INTEGER NOT NULL,
  kind          TEXT NOT NULL,                       -- as in the outbox
  code          INTEGER NOT NULL,                    -- HTTP status of the latest answer
  words         TEXT NOT NULL,                       -- what the receiver said, the first KiB
  refused_ms    INTEGER NOT NULL,
  body          BLOB NOT NULL,                       -- a request with this sample alone, ready to send
  series        TEXT NOT NULL,
  value         TEXT NOT NULL,                       -- text, because a number column has no NaN
  timestamp_ms  INTEGER NOT NULL,
  UNIQUE (endpoint, request_id, sample_index)
) STRICT;
