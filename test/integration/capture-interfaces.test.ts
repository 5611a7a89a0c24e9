// What capture reads of a host's interfaces and routes, in a namespace where the test makes them.

import { expect, it } from "vitest";
import type { Network } from "../../src/model/network.ts";
import { formatPrefix } from "../../src/model/prefix.ts";
import { type Namespace, NetworkPair } from "../support/netns.ts";
import { liveDescribe } from "../support/require-root.ts";
import { sendFrames } from "../support/traffic.ts";

const COUNTERS = new URL("../../src/capture/interface-counters.ts", import.meta.url).href;
const INTERFACES = new URL("../../src/capture/interfaces.ts", import.meta.url).href;

/** What an expression of the module's exports, `m`, gives inside the namespace, in JSON. */
async function evaluate(namespace: Namespace, module: string, expression: string): Promise<string> {
  const script = `import * as m from "${module}"; console.log(JSON.stringify(${expression}))`;
  const args = ["--import", "tsx", "--input-type=module", "--eval", script];
  const { stdout } = await namespace.exec(process.execPath, args);
  return stdout;
}

async function defaultInterface(namespace: Namespace): Promise<string | null> {
  return JSON.parse(await evaluate(namespace, INTERFACES, "m.defaultRouteInterface()"));
}

/** The pair, with a second cable between other interfaces of the edge. */
async function createPair(): Promise<NetworkPair> {
  const pair = await NetworkPair.create();
  await ip(pair.edge, "link add near7 type veth peer name far7");
  for (const end of ["near7", "far7"]) await ip(pair.edge, `link set ${end} multicast off arp off up`);
  return pair;
}

async function ip(namespace: Namespace, command: string): Promise<void> {
  await namespace.exec("ip", command.split(" "));
}

liveDescribe("defaultRouteInterface", () => {
  it("finds none where there is no default route", async () => {
    await using pair = await createPair();
    expect(await defaultInterface(pair.edge)).toBeNull();
    // A route to 0.0.0.0/1 and one to ::/1 start with the same address.
    await ip(pair.edge, "route add 0.0.0.0/1 dev near7");
    await ip(pair.edge, "-6 route add ::/1 dev near7");
    expect(await defaultInterface(pair.edge)).toBeNull();
  });

  it("takes the lowest metric, IPv4 before IPv6", async () => {
    await using pair = await createPair();
    const { edge } = pair;
    await ip(edge, "-6 route add default dev far7 metric 32");
    // The kernel writes 32 and 480 as 20 and 1e0.
    await ip(edge, "-6 route add default dev near7 metric 480");
    expect(await defaultInterface(edge)).toBe("far7");
    await ip(edge, "route add default dev near7 metric 900");
    expect(await defaultInterface(edge)).toBe("near7");
    await ip(edge, `route add default dev ${edge.interface} metric 100`);
    expect(await defaultInterface(edge)).toBe(edge.interface);
  });

  it("takes no route that refuses packets for an interface", async () => {
    await using pair = await createPair();
    const { edge } = pair;
    await ip(edge, "route add unreachable default metric 1");
    await ip(edge, "-6 route add unreachable default metric 1");
    expect(await defaultInterface(edge)).toBeNull();
    await ip(edge, "route add default dev near7 metric 100");
    expect(await defaultInterface(edge)).toBe("near7");
  });
});

liveDescribe("ownNetworks", () => {
  it("is one network of the addresses that the interfaces have", async () => {
    await using pair = await createPair();
    const { edge } = pair;
    await ip(edge, "address add 203.0.113.5/24 dev near7");
    const text = await evaluate(edge, INTERFACES, `m.ownNetworks(["${edge.interface}", "near7"])`);
    const found: readonly Network[] = JSON.parse(text);
    expect(found.map(({ name }) => name)).toEqual(["host"]);
    expect(found[0]?.prefixes.map(formatPrefix).toSorted()).toEqual(
      [`${edge.ipv4}/32`, "203.0.113.5/32", `${edge.ipv6}/128`].toSorted(),
    );
  });

  it("is empty where the interfaces have no address", async () => {
    await using pair = await createPair();
    const text = await evaluate(pair.edge, INTERFACES, 'm.ownNetworks(["near7", "missing0"])');
    expect(JSON.parse(text)).toEqual([]);
  });
});

liveDescribe("InterfaceWatch", () => {
  it("has the interface's number and what it received and sent, and null where there is none of this name", async () => {
    await using pair = await createPair();
    const { edge, peer } = pair;
    await sendFrames(peer, { count: 123 });
    await sendFrames(edge, { count: 7 });
    const names = [edge.interface, "near7", "missing0", edge.interface.slice(0, -1), ""];
    const socket = '(await import("koffi")).default.load("libc.so.6").func("int socket(int, int, int)")(2, 2, 0)';
    const expression = `await (async (names, socket) => names.map((name) => {
      const watch = new m.InterfaceWatch(name, socket);
      return [watch.frames(), watch.index() === m.interfaceIndex(name), watch.index() > 0];
    }))(${JSON.stringify(names)}, ${socket})`;
    expect(JSON.parse(await evaluate(edge, COUNTERS, expression))).toEqual([
      [130, true, true],
      [0, true, true],
      [null, true, false],
      [null, true, false],
      [null, true, false],
    ]);
  });
});
