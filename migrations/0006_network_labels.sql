-- Labels over time. An interval keeps the set of labels that its gauges were pushed with, whatever its network gets later.

CREATE TABLE network_labels (
  network_id INTEGER NOT NULL REFERENCES network (id),
  version    INTEGER NOT NULL,
  labels     TEXT NOT NULL,                          -- as in network, which has the current set
  PRIMARY KEY (network_id, version),
  UNIQUE (network_id, labels)
) STRICT, WITHOUT ROWID;

INSERT INTO network_labels SELECT id, 1, labels FROM network;

-- Whoever names or renames what a network's series are called.
CREATE TRIGGER network_labelled AFTER INSERT ON network
BEGIN
  INSERT INTO network_labels VALUES (NEW.id, 1, NEW.labels);
END;

CREATE TRIGGER network_relabelled AFTER UPDATE OF labels ON network
BEGIN
  INSERT INTO network_labels SELECT NEW.id, max(version) + 1, NEW.labels FROM network_labels
    WHERE network_id = NEW.id ON CONFLICT DO NOTHING;
END;

ALTER TABLE interval_usage ADD COLUMN labels_version INTEGER NOT NULL DEFAULT 1;   -- those pushed; until then, those to be
