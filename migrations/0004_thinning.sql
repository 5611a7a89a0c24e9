-- What can leave a backlog that outgrows the disk without a byte missing at a receiver, and what was dropped.

-- The requests that hold every live counter of an interface in one window, other than a billing interval's last.
CREATE TABLE counter_window (
  first_request INTEGER PRIMARY KEY,                 -- ids in the outbox
  last_request  INTEGER NOT NULL,
  interface_id  INTEGER NOT NULL REFERENCES interface (id),
  window_end_ms INTEGER NOT NULL,
  repeated      INTEGER NOT NULL CHECK (repeated IN (0, 1))   -- 1: a later window of the interval has all its series
) STRICT;

CREATE INDEX counter_window_newest ON counter_window (interface_id) WHERE repeated = 0;
CREATE INDEX counter_window_repeated ON counter_window (first_request) WHERE repeated = 1;

-- Samples dropped to keep within buffer.max_bytes, since ever.
CREATE TABLE dropped_samples (
  reason  TEXT PRIMARY KEY,
  samples INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

ALTER TABLE interface ADD COLUMN late_usage INTEGER NOT NULL DEFAULT 0;   -- 1: counters grew since their last sample, 2: since the end of an interval
