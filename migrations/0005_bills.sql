-- Final bills. What a customer was told stays: a row never changes and never goes, whatever becomes of the intervals.

CREATE TABLE bill (
  id               INTEGER PRIMARY KEY,
  customer         TEXT NOT NULL,
  name             TEXT NOT NULL,                    -- of the contract; '' for none
  period           TEXT NOT NULL,                    -- 2026-10
  part             INTEGER NOT NULL CHECK (part >= 1),   -- contracts of one customer and name in a month, by their start
  version          INTEGER NOT NULL CHECK (version >= 1),
  corrects         INTEGER,                          -- the version that this one takes the place of; NULL for the first
  status           TEXT NOT NULL CHECK (status IN ('final', 'corrected')),
  created_ms       INTEGER NOT NULL,
  intervals_sha256 TEXT NOT NULL,
  json             TEXT NOT NULL,                    -- the bill with its contract, as it is printed
  UNIQUE (customer, name, period, part, version),
  FOREIGN KEY (customer, name, period, part, corrects) REFERENCES bill (customer, name, period, part, version),
  CHECK (corrects IS NULL AND version = 1 AND status = 'final' OR
    corrects IS NOT NULL AND corrects = version - 1 AND status = 'corrected')
) STRICT;

CREATE TRIGGER bill_stays BEFORE UPDATE ON bill
BEGIN
  SELECT raise(ABORT, 'a final bill never changes: store a corrected version (report --finalize --correct)');
END;

CREATE TRIGGER bill_remains BEFORE DELETE ON bill
BEGIN
  SELECT raise(ABORT, 'a final bill is never deleted: store a corrected version (report --finalize --correct)');
END;

-- REPLACE deletes without asking the trigger above.
CREATE TRIGGER bill_once BEFORE INSERT ON bill
WHEN EXISTS (
  SELECT 1 FROM bill WHERE id = NEW.id OR (customer, name, period, part, version) =
    (NEW.customer, NEW.name, NEW.period, NEW.part, NEW.version))
BEGIN
  SELECT raise(ABORT, 'a final bill of this version is stored already: it never changes');
END;

-- Bills whose files are in billing.output_dir.
CREATE TABLE bill_written (
  bill_id    INTEGER PRIMARY KEY REFERENCES bill (id),
  written_ms INTEGER NOT NULL
) STRICT;
