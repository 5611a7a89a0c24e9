// The remote-write 1.0 messages, loaded at run time from proto/prometheus.

import { fileURLToPath } from "node:url";
import protobuf, { type Type } from "protobufjs";

export interface RemoteWriteTypes {
  readonly WriteRequest: Type;
  readonly TimeSeries: Type;
}

/** Reads and parses the .proto files (a few milliseconds); the path holds for src/ship and dist/ship alike. */
export function loadRemoteWriteTypes(): RemoteWriteTypes {
  const root = protobuf.loadSync(fileURLToPath(new URL("../../proto/prometheus/remote.proto", import.meta.url)));
  return {
    WriteRequest: root.lookupType("prometheus.WriteRequest"),
    TimeSeries: root.lookupType("prometheus.TimeSeries"),
  };
}
