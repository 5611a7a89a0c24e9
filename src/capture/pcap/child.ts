// The capture child: owns `cap` on one interface, decodes and meters, and hands parts of windows to the agent. It has
// no file of ours open and no network of its own, and once it captures it can have none (confinement.ts). Under load `cap`
// calls back in a loop that keeps every timer from running, so the clock and the agent's orders are looked at between packets.

import addon from "cap";
import { ColumnGarbage } from "../../lib/column-garbage.ts";
import { USAGE_ROW_BYTES } from "../../model/window.ts";
import { FrameDecoder } from "../decode.ts";
import { isSupportedLinkType, LinkType } from "../link-types.ts";
import { ChildChannel, type Order, type StartOrder } from "./channel.ts";
import { interfaceIndex, InterfaceWatch } from "../interface-counters.ts";
import { confine } from "./confinement.ts";
import { LiveMeter } from "./live-meter.ts";
import { PacketSocket } from "./packet-socket.ts";

/** The snap length that `cap` sets; a longer packet is cut. */
const SNAP_LENGTH = 65_535;
/** Packets between two looks at the clock: under 0.1 ms at a million packets a second. */
const PACKETS_PER_TICK = 64;
const TIMER_MS = 100;
/** A ring block leaves the kernel a second after its first packet at the latest. */
const DRAIN_TIMEOUT_MS = 1_500;
const LOOPBACK = "lo";

const channel = new ChildChannel();

function main(): void {
  // A terminal and a service manager send these to every process; the agent alone decides when capture ends.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => undefined);
  const order = channel.receiveFirst();
  if (order?.kind !== "start") return;
  try {
    capture(order);
  } catch (error) {
    channel.send({ kind: "failed", reason: error instanceof Error ? error.message : String(error) });
    // An open device would keep the process running.
    process.exit(1);
  }
}

function capture(order: StartOrder): void {
  const index = interfaceIndex(order.interface);
  if (index === 0) throw new Error("there is no interface of this name");
  const cap = new addon.Cap();
  // `cap` writes every packet here and holds no reference of its own: `onPacket` below is what keeps it alive.
  const buffer = Buffer.allocUnsafeSlow(SNAP_LENGTH);
  const linkType = cap.open(order.interface, "", order.ringBytes, buffer);
  const decoder = new FrameDecoder(linkTypeNumber(linkType));
  const socket = PacketSocket.find();
  socket.limitSnapLength(decoder.linkType === LinkType.ethernet);
  const watch = new InterfaceWatch(order.interface, socket.fd);
  const unconfined = confine(socket.fd);
  const exactBoundaries = order.interface !== LOOPBACK;
  const counts = () => (exactBoundaries ? socket.counts() : null);
  const garbage = new ColumnGarbage();
  const meter = new LiveMeter(
    order,
    {
      counts,
      // Loopback counts each packet twice, as received and as sent.
      interfaceFrames: () => (exactBoundaries ? watch.frames() : null),
      emit: (part) => {
        channel.send({ kind: "part", part });
        garbage.add(2 * USAGE_ROW_BYTES * part.usage.length);
      },
    },
    Date.now(),
  );
  channel.send({ kind: "opened", linkType, exactBoundaries, unconfined });
  let ordersDueMs = 0;
  let stopping = false;

  const tick = (idle: boolean): void => {
    const nowMs = Date.now();
    if (stopping) return;
    meter.tick(nowMs, idle);
    if (nowMs < ordersDueMs && nowMs > ordersDueMs - 2 * TIMER_MS) return;
    ordersDueMs = nowMs + TIMER_MS;
    const orders = channel.receive();
    if (orders === null) process.exit(0);
    for (const received of orders) obey(received);
  };
  const obey = (received: Order): void => {
    if (received.kind === "reload") meter.reload(received.networksVersion, received.networks);
    if (received.kind === "stop" && !stopping) stop();
  };
  const stop = (): void => {
    stopping = true;
    const stoppedMs = Date.now();
    socket.stopReception();
    const last = exactBoundaries ? socket.counts().accepted : Number.POSITIVE_INFINITY;
    const check = setInterval(() => {
      if (meter.delivered < last && Date.now() - stoppedMs < DRAIN_TIMEOUT_MS) return;
      clearInterval(check);
      meter.finish(stoppedMs);
      channel.send({ kind: "stopped" });
      process.exit(0);
    }, 10);
  };
  const armWindowEnd = (): void => {
    const fire = (): void => {
      tick(true);
      armWindowEnd();
    };
    setTimeout(fire, Math.max(1, meter.endMs - Date.now()));
  };

  cap.on("packet", (length: number) => {
    decoder.decode(buffer, 0, length, length);
    meter.packet(decoder);
    if (meter.delivered % PACKETS_PER_TICK === 0) tick(false);
  });
  armWindowEnd();
  setInterval(() => {
    tick(true);
    if (watch.index() === index || stopping) return;
    meter.finish(Date.now());
    channel.send({ kind: "failed", reason: "the interface is gone" });
    process.exit(1);
  }, TIMER_MS);
}

/** The link type of what `cap` calls it. Throws where it has no decoder. */
function linkTypeNumber(name: string): number {
  const known: Readonly<Record<string, number>> = {
    ETHERNET: LinkType.ethernet,
    NULL: LinkType.null,
    RAW: LinkType.raw,
    LINKTYPE_LINUX_SLL: LinkType.linuxSll,
  };
  const number = known[name] ?? Number(/^Unknown linktype (\d+)$/.exec(name)?.[1]);
  if (!isSupportedLinkType(number)) throw new Error(`its link type ${name} cannot be decoded`);
  return number;
}

main();
