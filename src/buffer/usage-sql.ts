// The statements of SqliteUsageStore, by the table they serve. CAST keeps sums in 64-bit integers: a bound JavaScript
// number above 2^31 arrives as REAL.

import { BILLING_INTERVAL_MS } from "../model/time.ts";

const NETWORK = `
    SELECT id, name, network.labels, bill_by AS billBy, version AS labelsVersion
    FROM network JOIN network_labels ON network_id = id AND network_labels.labels = network.labels`;

export const NAME_SQL = {
  insertInterface: "INSERT INTO interface (name) VALUES (?) ON CONFLICT (name) DO NOTHING",
  interfaceId: "SELECT id FROM interface WHERE name = ?",
  interfaceName: "SELECT name FROM interface WHERE id = ?",
  networkByName: `${NETWORK} WHERE name = ?`,
  networkById: `${NETWORK} WHERE id = ?`,
  lastSample: "SELECT last_sample_ms FROM interface WHERE id = ?",
  /** Late usage is shown for good by the last sample of an interval: until then a series may end with what it grew by. */
  setLastSample: `
    UPDATE interface SET last_sample_ms = @timeMs, late_usage = CASE
      WHEN late_usage = 1 THEN 2
      WHEN late_usage = 2 AND last_sample_ms / ${BILLING_INTERVAL_MS} = @timeMs / ${BILLING_INTERVAL_MS} THEN 2
      ELSE 0 END
    WHERE id = @interfaceId`,
  setLateUsage: "UPDATE interface SET late_usage = 1 WHERE id = ?",
  lateUsage: "SELECT 1 FROM interface WHERE id = ? AND late_usage > 0",
  advanceStream: `
    INSERT INTO stream (name, last_sample_ms) VALUES (?, ?)
    ON CONFLICT (name) DO UPDATE SET last_sample_ms = excluded.last_sample_ms
    WHERE excluded.last_sample_ms > stream.last_sample_ms`,
} as const;

/** A sum of which one part is not known is not known: NULL + x is NULL. */
export const WINDOW_SQL = {
  windowState: "SELECT closed FROM window WHERE interface_id = ? AND start_ms = ?",
  addWindow: `
    INSERT INTO window (interface_id, start_ms, end_ms, closed, observed_ms, dropped_frames, interface_frames,
      clock_step_ms, frames, ip_packets, ip_bytes, unaccounted_packets, unaccounted_bytes,
      internal_packets, internal_bytes, overflow_packets, overflow_bytes, non_ip_frames, parse_failures)
    VALUES (@interfaceId, @startMs, @endMs, @closed, @observedMs, @droppedFrames, @interfaceFrames,
      CAST(@clockStepMs AS INTEGER), @frames, @ipPackets, CAST(@ipBytes AS INTEGER),
      @unaccountedPackets, CAST(@unaccountedBytes AS INTEGER),
      @internalPackets, CAST(@internalBytes AS INTEGER), @overflowPackets, CAST(@overflowBytes AS INTEGER),
      @nonIpFrames, @parseFailures)
    ON CONFLICT (interface_id, start_ms) DO UPDATE SET
      closed = max(closed, excluded.closed),
      observed_ms = observed_ms + excluded.observed_ms,
      dropped_frames = dropped_frames + excluded.dropped_frames,
      interface_frames = interface_frames + excluded.interface_frames,
      clock_step_ms = clock_step_ms + excluded.clock_step_ms,
      frames = frames + excluded.frames,
      ip_packets = ip_packets + excluded.ip_packets,
      ip_bytes = ip_bytes + excluded.ip_bytes,
      unaccounted_packets = unaccounted_packets + excluded.unaccounted_packets,
      unaccounted_bytes = unaccounted_bytes + excluded.unaccounted_bytes,
      internal_packets = internal_packets + excluded.internal_packets,
      internal_bytes = internal_bytes + excluded.internal_bytes,
      overflow_packets = overflow_packets + excluded.overflow_packets,
      overflow_bytes = overflow_bytes + excluded.overflow_bytes,
      non_ip_frames = non_ip_frames + excluded.non_ip_frames,
      parse_failures = parse_failures + excluded.parse_failures`,
  setWindowClosed: "UPDATE window SET closed = 1 WHERE interface_id = ? AND start_ms = ?",
  window: `
    SELECT start_ms AS startMs, end_ms AS endMs, observed_ms AS observedMs, dropped_frames AS droppedFrames,
      interface_frames AS interfaceFrames, clock_step_ms AS clockStepMs,
      frames, ip_packets AS ipPackets, ip_bytes AS ipBytes,
      unaccounted_packets AS unaccountedPackets, unaccounted_bytes AS unaccountedBytes,
      internal_packets AS internalPackets, internal_bytes AS internalBytes,
      overflow_packets AS overflowPackets, overflow_bytes AS overflowBytes,
      non_ip_frames AS nonIpFrames, parse_failures AS parseFailures
    FROM window WHERE interface_id = ? AND start_ms = ?`,
  heldWindows: `
    SELECT interface_id AS interfaceId, start_ms AS startMs FROM window
    WHERE closed = 0 AND end_ms <= @endedByMs AND (@interfaceId IS NULL OR interface_id = @interfaceId)
    ORDER BY start_ms`,
} as const;

const ADD_COUNTERS = `
      bytes_in = bytes_in + excluded.bytes_in, packets_in = packets_in + excluded.packets_in,
      bytes_out = bytes_out + excluded.bytes_out, packets_out = packets_out + excluded.packets_out`;

const COUNTERS = "bytes_in AS bytesIn, packets_in AS packetsIn, bytes_out AS bytesOut, packets_out AS packetsOut";

const COUNTER_VALUES =
  "CAST(@bytesIn AS INTEGER), CAST(@packetsIn AS INTEGER), CAST(@bytesOut AS INTEGER), CAST(@packetsOut AS INTEGER)";

export const HELD_SQL = {
  addHeldUsage: `
    INSERT INTO held_usage (interface_id, start_ms, network_id, address, bytes_in, packets_in, bytes_out, packets_out)
    VALUES (@interfaceId, @startMs, @networkId, @address, ${COUNTER_VALUES})
    ON CONFLICT DO UPDATE SET ${ADD_COUNTERS}`,
  heldUsage: `
    SELECT network_id AS networkId, address, ${COUNTERS} FROM held_usage WHERE interface_id = ? AND start_ms = ?`,
  deleteHeldUsage: "DELETE FROM held_usage WHERE interface_id = ? AND start_ms = ?",
} as const;

const ADDRESS_STATE = "bytes_in, packets_in, bytes_out, packets_out, live, last_sample_ms";

export const ADDRESS_SQL = {
  /** A row that this makes has last_sample_ms = -1 until the next time: that is how the caller knows it. */
  addToAddress: `
    INSERT INTO address
      (interface_id, network_id, address, bytes_in, packets_in, bytes_out, packets_out, last_active_ms,
       live, last_sample_ms)
    VALUES (?, ?, ?, CAST(? AS INTEGER), CAST(? AS INTEGER), CAST(? AS INTEGER), CAST(? AS INTEGER), ?, 1, -1)
    ON CONFLICT DO UPDATE SET ${ADD_COUNTERS}, last_active_ms = max(last_active_ms, excluded.last_active_ms),
      last_sample_ms = max(last_sample_ms, 0)
    RETURNING ${ADDRESS_STATE}`,
  liveAddresses: `
    SELECT ${ADDRESS_STATE}, network_id, address FROM address
    WHERE interface_id = ? AND live = 1 AND last_active_ms < ?`,
  setLive: `
    UPDATE address SET live = 1
    WHERE interface_id = @interfaceId AND network_id = @networkId AND address = @address`,
  anyIdle: "SELECT 1 FROM address WHERE interface_id = ? AND live = 1 AND last_active_ms <= ? LIMIT 1",
  retireIdle: `
    UPDATE address SET live = 0, last_sample_ms = @lastSampleMs
    WHERE interface_id = @interfaceId AND live = 1 AND last_active_ms <= @activeByMs`,
} as const;

export const INTERVAL_SQL = {
  observeInterval: "INSERT INTO interval (interface_id, start_ms, emitted) VALUES (?, ?, 0) ON CONFLICT DO NOTHING",
  zeroInterval: `
    INSERT INTO interval_usage
      (network_id, interface_id, start_ms, bytes_in, packets_in, bytes_out, packets_out, labels_version)
    VALUES (?, ?, ?, 0, 0, 0, 0, ?) ON CONFLICT DO NOTHING`,
  addToInterval: `
    INSERT INTO interval_usage
      (network_id, interface_id, start_ms, bytes_in, packets_in, bytes_out, packets_out, labels_version)
    VALUES (@networkId, @interfaceId, @startMs, ${COUNTER_VALUES}, @labelsVersion)
    ON CONFLICT DO UPDATE SET ${ADD_COUNTERS}`,
  addToAddressInterval: `
    INSERT INTO address_interval_usage
      (network_id, interface_id, address, start_ms, bytes_in, packets_in, bytes_out, packets_out)
    VALUES (@networkId, @interfaceId, @address, @startMs, ${COUNTER_VALUES})
    ON CONFLICT DO UPDATE SET ${ADD_COUNTERS}`,
  intervalEmitted: "SELECT 1 FROM interval WHERE interface_id = ? AND start_ms = ? AND emitted = 1",
  dueIntervals: `
    SELECT interface_id AS interfaceId, start_ms AS startMs FROM interval
    WHERE emitted = 0 AND start_ms <= @startedByMs AND (@interfaceId IS NULL OR interface_id = @interfaceId)
    ORDER BY start_ms`,
  intervalUsage: `
    SELECT network_id AS networkId, ${COUNTERS}, labels_version AS labelsVersion FROM interval_usage
    WHERE network_id IN (SELECT id FROM network) AND interface_id = ? AND start_ms = ? ORDER BY network_id`,
  setIntervalLabels: `
    UPDATE interval_usage SET labels_version = @labelsVersion
    WHERE network_id = @networkId AND interface_id = @interfaceId AND start_ms = @startMs`,
  addressIntervalUsage: `
    SELECT address, ${COUNTERS} FROM address_interval_usage
    WHERE network_id = ? AND interface_id = ? AND start_ms = ?`,
  setIntervalEmitted: "UPDATE interval SET emitted = 1 WHERE interface_id = ? AND start_ms = ?",
} as const;
