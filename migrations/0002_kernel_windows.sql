-- Windows that the kernel counts go on while no agent runs, and may be offered again after a crash.

-- What is in the ledger of each source that can offer a window twice.
CREATE TABLE harvested_window (
  source   TEXT NOT NULL,                            -- of a kernel's state, which counts one interface
  start_ms INTEGER NOT NULL,
  PRIMARY KEY (source, start_ms)
) STRICT, WITHOUT ROWID;

ALTER TABLE window ADD COLUMN clock_step_ms INTEGER NOT NULL DEFAULT 0;   -- steps of the clock, up or down, added up
