-- The ledger. Times are milliseconds since the epoch; bytes are IP total length unless a column says otherwise.
-- An address is 16 bytes, IPv4 mapped into IPv6; 16 times ff is a network's overflow entry.

CREATE TABLE interface (
  id             INTEGER PRIMARY KEY,
  name           TEXT NOT NULL UNIQUE,
  last_sample_ms INTEGER NOT NULL DEFAULT 0          -- newest time stamp among its counter samples: they only move on
) STRICT;

CREATE TABLE network (
  id      INTEGER PRIMARY KEY,
  name    TEXT NOT NULL UNIQUE,
  labels  TEXT NOT NULL,                             -- JSON object, as pushed
  bill_by TEXT NOT NULL CHECK (bill_by IN ('network', 'address'))
) STRICT;

-- One row for each window that an interface observed, even in part. What comes later of a closed one is added to it.
CREATE TABLE window (
  interface_id         INTEGER NOT NULL REFERENCES interface (id),
  start_ms             INTEGER NOT NULL,
  end_ms               INTEGER NOT NULL,
  closed               INTEGER NOT NULL CHECK (closed IN (0, 1)),   -- 0: held, more of it may follow
  observed_ms          INTEGER NOT NULL,
  dropped_frames       INTEGER,                      -- NULL: not known
  interface_frames     INTEGER,                      -- NULL: not known
  frames               INTEGER NOT NULL,
  ip_packets           INTEGER NOT NULL,
  ip_bytes             INTEGER NOT NULL,
  unaccounted_packets  INTEGER NOT NULL,
  unaccounted_bytes    INTEGER NOT NULL,
  internal_packets     INTEGER NOT NULL,
  internal_bytes       INTEGER NOT NULL,
  overflow_packets     INTEGER NOT NULL,
  overflow_bytes       INTEGER NOT NULL,
  non_ip_frames        INTEGER NOT NULL,
  parse_failures       INTEGER NOT NULL,
  PRIMARY KEY (interface_id, start_ms)
) STRICT, WITHOUT ROWID;

CREATE INDEX window_held ON window (end_ms) WHERE closed = 0;

-- Usage of held windows; emptied when the window closes.
CREATE TABLE held_usage (
  interface_id INTEGER NOT NULL,
  start_ms     INTEGER NOT NULL,
  network_id   INTEGER NOT NULL,
  address      BLOB NOT NULL,
  bytes_in     INTEGER NOT NULL,
  packets_in   INTEGER NOT NULL,
  bytes_out    INTEGER NOT NULL,
  packets_out  INTEGER NOT NULL,
  PRIMARY KEY (interface_id, start_ms, network_id, address),
  FOREIGN KEY (interface_id, start_ms) REFERENCES window (interface_id, start_ms)
) STRICT, WITHOUT ROWID;

-- The cumulative counters, as pushed (bytes in the configured layer). They never reset.
CREATE TABLE address (
  interface_id   INTEGER NOT NULL REFERENCES interface (id),
  network_id     INTEGER NOT NULL REFERENCES network (id),
  address        BLOB NOT NULL,
  bytes_in       INTEGER NOT NULL,
  packets_in     INTEGER NOT NULL,
  bytes_out      INTEGER NOT NULL,
  packets_out    INTEGER NOT NULL,
  last_active_ms INTEGER NOT NULL,                   -- end of the last window with traffic
  live           INTEGER NOT NULL DEFAULT 0,         -- 1: every window repeats its counters
  last_sample_ms INTEGER NOT NULL DEFAULT 0,         -- while not live: time stamp of its last sample
  PRIMARY KEY (interface_id, network_id, address)
) STRICT, WITHOUT ROWID;

CREATE INDEX address_live ON address (interface_id) WHERE live = 1;

-- Billing intervals that an interface observed, even in part.
CREATE TABLE interval (
  interface_id INTEGER NOT NULL REFERENCES interface (id),
  start_ms     INTEGER NOT NULL,
  emitted      INTEGER NOT NULL CHECK (emitted IN (0, 1)),   -- 1: its gauges are in the outbox and never change
  PRIMARY KEY (interface_id, start_ms)
) STRICT, WITHOUT ROWID;

CREATE INDEX interval_due ON interval (start_ms) WHERE emitted = 0;

-- What is billed: a row for each network and observed interval, zeros included.
CREATE TABLE interval_usage (
  network_id   INTEGER NOT NULL REFERENCES network (id),
  interface_id INTEGER NOT NULL REFERENCES interface (id),
  start_ms     INTEGER NOT NULL,
  bytes_in     INTEGER NOT NULL,
  packets_in   INTEGER NOT NULL,
  bytes_out    INTEGER NOT NULL,
  packets_out  INTEGER NOT NULL,
  PRIMARY KEY (network_id, interface_id, start_ms)
) STRICT, WITHOUT ROWID;

-- The same for each address of networks with bill_by = "address".
CREATE TABLE address_interval_usage (
  network_id   INTEGER NOT NULL REFERENCES network (id),
  interface_id INTEGER NOT NULL REFERENCES interface (id),
  address      BLOB NOT NULL,
  start_ms     INTEGER NOT NULL,
  bytes_in     INTEGER NOT NULL,
  packets_in   INTEGER NOT NULL,
  bytes_out    INTEGER NOT NULL,
  packets_out  INTEGER NOT NULL,
  PRIMARY KEY (network_id, interface_id, start_ms, address)
) STRICT, WITHOUT ROWID;

-- The newest time stamp of samples that belong to no interface: the calendar and the agent's own metrics.
CREATE TABLE stream (
  name           TEXT PRIMARY KEY,
  last_sample_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Remote-write requests, ready to send. Ids grow and are never used again: a cursor is the last id accepted.
CREATE TABLE outbox (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  window_end_ms INTEGER NOT NULL,
  kind          TEXT NOT NULL CHECK (kind IN ('counter', 'interval', 'self')),
  samples       INTEGER NOT NULL,
  body          BLOB NOT NULL
) STRICT;

CREATE TABLE endpoint (
  name   TEXT PRIMARY KEY,
  cursor INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Capture files accounted by replay, by the SHA-256 of their unpacked content.
CREATE TABLE capture_file (
  digest       TEXT PRIMARY KEY,
  interface_id INTEGER NOT NULL REFERENCES interface (id),
  replayed_ms  INTEGER NOT NULL,
  frames       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE setting (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
