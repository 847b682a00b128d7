/** Faults of the PostgreSQL server that KV is on, and of the network between it and the service. */

import type { Passage } from "../../support/tcp_proxy.ts";
import type { Fault } from "./fault.ts";
import { remoteOf, swallowEverything, untilAway } from "./in_denokv.ts";

const decoder = new TextDecoder();
const CUT: Passage = { bytes: new Uint8Array(), cut: true };

/** A commit of events: keys in hexadecimal digits, claims and then segments, or the reverse. */
const COMMIT = new RegExp(
  ["dedupe", "idempotency"].map((name) => hexOf(name)).join("|"),
);
const SEGMENT = new RegExp(hexOf("segment"));

function hexOf(text: string): string {
  return [...new TextEncoder().encode(text)].map((byte) => byte.toString(16)).join("");
}

function isCommit(bytes: Uint8Array): boolean {
  const text = decoder.decode(bytes);
  return COMMIT.test(text) && SEGMENT.test(text);
}

/** All of them. A connection that is lost is an error at once, and another one is opened. */
export const IN_KV_POSTGRES: readonly Fault[] = [
  {
    where: "KV in PostgreSQL",
    problem: "killed, and started again",
    injection: "all server processes end at once, and start after the events",
    response: "notStored",
    stored: "onRetry",
    async inject(fixture) {
      const { server } = remoteOf(fixture);
      await server.kill();
      await untilAway(fixture);
      return {
        wasHit: () => true,
        async end() {
          await server.start();
          await untilAway(fixture, false);
        },
      };
    },
  },
  {
    where: "KV in PostgreSQL",
    problem: "swallows everything",
    injection: "nothing is forwarded, on any connection",
    response: "notStored",
    stored: "onRetry",
    inject: swallowEverything,
  },
  {
    where: "KV in PostgreSQL",
    problem: "connection cut before a commit arrives",
    injection: "the connection is cut instead of forwarding a commit, once",
    response: "delivered",
    stored: "duringFault",
    inject(fixture) {
      const { proxy } = remoteOf(fixture);
      const { toServer } = proxy;
      let hits = 0;
      proxy.toServer = (bytes) => {
        if (hits >= 1 || !isCommit(bytes)) return { bytes };
        hits += 1;
        return CUT;
      };
      return { wasHit: () => hits === 1, end: () => void (proxy.toServer = toServer) };
    },
  },
  {
    where: "KV in PostgreSQL",
    problem: "connection cut after a commit, before its reply",
    injection: "the connection is cut instead of forwarding what follows a commit, once",
    response: "delivered",
    stored: "duringFault",
    inject(fixture) {
      const { proxy } = remoteOf(fixture);
      const { toServer, toClient } = proxy;
      let commits = 0;
      let hits = 0;
      proxy.toServer = (bytes) => {
        if (isCommit(bytes)) commits += 1;
        return { bytes };
      };
      proxy.toClient = (bytes) => {
        if (hits >= Math.min(commits, 1)) return { bytes };
        hits += 1;
        return CUT;
      };
      return {
        wasHit: () => hits === 1,
        end: () => void Object.assign(proxy, { toServer, toClient }),
      };
    },
  },
];
