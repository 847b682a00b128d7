/** Faults of denokv and of the network between it and the service. */

import type { Kv } from "../../../src/kv/port.ts";
import { KvAwayError } from "../../../src/kv/presence.ts";
import type { Passage } from "../../support/tcp_proxy.ts";
import { until } from "../../support/until.ts";
import type { Fault, Injected } from "./fault.ts";
import type { Fixture, RemoteKv } from "./fixture.ts";

const decoder = new TextDecoder();
const CUT: Passage = { bytes: new Uint8Array(), cut: true };
const OUTAGE_MS = 1_000;
const LATENCY_MS = 50;

/** A commit of events: claims and then segments, in the body; the headers are compressed. */
const COMMIT = /(?:dedupe|idempotency)[^]*segment/;

/** The KV of a service, which is not a file. */
export function remoteOf({ remote }: Fixture): RemoteKv {
  if (remote === null) throw new Error("The KV of this service is a file");
  return remote;
}

/** Waits until operations are no longer sent to a KV that does not respond, or are sent again. */
export async function untilAway({ sluice }: Fixture, isAway = true): Promise<void> {
  const kv: Pick<Kv, "get"> = sluice.kv;
  await until(
    () => kv.get(["any"]).then(() => !isAway, (error) => isAway && error instanceof KvAwayError),
    isAway ? "KV to count as away" : "KV to be back",
  );
}

/** Holds back all that the service sends to KV, until the fault ends. */
export async function swallowEverything(fixture: Fixture): Promise<Injected> {
  const { proxy } = remoteOf(fixture);
  const { toServer } = proxy;
  const { promise, resolve } = Promise.withResolvers<void>();
  proxy.toServer = async (bytes) => {
    await promise;
    return { bytes };
  };
  await untilAway(fixture);
  return {
    wasHit: () => true,
    async end() {
      proxy.toServer = toServer;
      resolve();
      await untilAway(fixture, false);
    },
  };
}

/** Ends `begin` by `end` after a second. */
async function forAMoment(
  begin: () => void | Promise<void>,
  end: () => void | Promise<void>,
): Promise<Injected> {
  await begin();
  let hasEnded = false;
  const ended = new Promise((resolve) => setTimeout(resolve, OUTAGE_MS))
    .then(end).then(() => void (hasEnded = true));
  return { wasHit: () => hasEnded, end: () => ended };
}

/** All faults of denokv. Deno's client tries again by itself and reports none of them, so the service has a deadline. */
export const IN_DENOKV: readonly Fault[] = [
  {
    where: "denokv",
    problem: "killed, and started again",
    injection: `\`SIGKILL\`, and a start ${OUTAGE_MS / 1000} s later`,
    response: "delayed",
    stored: "duringFault",
    inject(fixture) {
      const { server } = remoteOf(fixture);
      return forAMoment(() => server.kill(), () => server.start());
    },
  },
  {
    where: "denokv",
    problem: "cannot be reached",
    injection: `all connections are cut, new ones are closed at once for ${OUTAGE_MS / 1000} s`,
    response: "delayed",
    stored: "duringFault",
    inject(fixture) {
      const { proxy, server } = remoteOf(fixture);
      return forAMoment(() => proxy.cut(), () => void (proxy.target = server.port));
    },
  },
  {
    where: "denokv",
    problem: "away for longer than `KV_TIMEOUT_MS`",
    injection: "all connections are cut, new ones are closed at once",
    response: "notStored",
    stored: "onRetry",
    async inject(fixture) {
      const { proxy, server } = remoteOf(fixture);
      proxy.cut();
      await untilAway(fixture);
      return {
        wasHit: () => true,
        async end() {
          proxy.target = server.port;
          await untilAway(fixture, false);
        },
      };
    },
  },
  {
    where: "denokv",
    problem: "swallows everything",
    injection: "nothing is forwarded, on any connection",
    response: "notStored",
    stored: "onRetry",
    inject: swallowEverything,
  },
  {
    where: "denokv",
    problem: "connection cut before a commit arrives",
    injection: "the connection is cut instead of forwarding a commit, three times",
    response: "delivered",
    stored: "duringFault",
    inject(fixture) {
      const { proxy } = remoteOf(fixture);
      const { toServer } = proxy;
      let hits = 0;
      proxy.toServer = (bytes) => {
        if (hits >= 3 || !COMMIT.test(decoder.decode(bytes))) return { bytes };
        hits += 1;
        return CUT;
      };
      return { wasHit: () => hits === 3, end: () => void (proxy.toServer = toServer) };
    },
  },
  {
    where: "denokv",
    problem: "connection cut after a commit, before its reply",
    injection: "the connection is cut instead of forwarding what follows a commit, three times",
    response: "delivered",
    stored: "duringFault",
    inject(fixture) {
      const { proxy } = remoteOf(fixture);
      const { toServer, toClient } = proxy;
      let commits = 0;
      let hits = 0;
      proxy.toServer = (bytes) => {
        if (COMMIT.test(decoder.decode(bytes))) commits += 1;
        return { bytes };
      };
      proxy.toClient = (bytes) => {
        if (hits >= Math.min(commits, 3)) return { bytes };
        hits += 1;
        return CUT;
      };
      return {
        wasHit: () => hits === 3,
        end: () => void Object.assign(proxy, { toServer, toClient }),
      };
    },
  },
  {
    where: "denokv",
    problem: "high latency",
    injection: `${LATENCY_MS} ms delay in each direction`,
    response: "delivered",
    stored: "duringFault",
    inject(fixture) {
      const { proxy } = remoteOf(fixture);
      const { toServer, toClient } = proxy;
      let hits = 0;
      const delay = async (bytes: Uint8Array<ArrayBuffer>) => {
        hits += 1;
        await new Promise((resolve) => setTimeout(resolve, LATENCY_MS));
        return { bytes };
      };
      Object.assign(proxy, { toServer: delay, toClient: delay });
      return {
        wasHit: () => hits > 0,
        end: () => void Object.assign(proxy, { toServer, toClient }),
      };
    },
  },
];
