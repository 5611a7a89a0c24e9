// How a source's program gets to see an interface's packets.

import type { Device } from "./device.ts";
import { FilterSocket } from "./filter-socket.ts";
import type { KernelSource } from "./kernel-source.ts";
import { TcxLinks } from "./tcx-links.ts";

export interface Attachment extends Disposable {
  /** False once the interface is gone, or somebody took the program off it. */
  isAlive(): boolean;
  /** Puts the program of another source in the place of this one's: a packet is seen by one of the two, never by none. */
  use(source: KernelSource): void;
  /** Ends it for good; disposing of it only ends this process' part. */
  detach(): void;
}

/** Lets `source` count on a device. Links are pinned in `folder`. Throws KernelError. */
export function attach(source: KernelSource, device: Device, folder: string): Attachment {
  return source.manifest.attach === "tcx"
    ? TcxLinks.create(folder, device, source)
    : FilterSocket.open(device, source.programFd, source.manifest.interface);
}
