/** Faults of the network between the service and Postgres, injected by a TCP proxy. */

import type { Passage } from "../../support/tcp_proxy.ts";
import type { Fault, Injected } from "./fault.ts";
import { DEADLINE_MS, type Fixture } from "./fixture.ts";

const decoder = new TextDecoder();
const NOTHING: Passage = { bytes: new Uint8Array() };
const LATENCY_MS = 50;
const PART_BYTES = 20;

/** Requests: rows of events (only they have two adjacent times), and words of a transaction. */
const INSERT = /Z","20\d\d-/;
const BEGIN = /\bbegin\b/i;
const COMMIT = /\bcommit\b/i;

/** Passes matching requests to `handle`, and lets all others through. */
function onRequest({ proxy }: Fixture, text: RegExp, handle: (bytes: Bytes) => Passage): Injected {
  let hits = 0;
  const before = proxy.toServer;
  proxy.toServer = (bytes) => {
    if (!text.test(decoder.decode(bytes))) return { bytes };
    hits += 1;
    return handle(bytes);
  };
  return { wasHit: () => hits > 0, end: () => void (proxy.toServer = before) };
}

/** Passes the first reply after a matching request to `handle`, and lets everything else through. */
function onReply({ proxy }: Fixture, text: RegExp, handle: (bytes: Bytes) => Passage): Injected {
  let requested = false;
  let hits = 0;
  const { toServer, toClient } = proxy;
  proxy.toServer = (bytes) => {
    requested ||= text.test(decoder.decode(bytes));
    return { bytes };
  };
  proxy.toClient = (bytes) => {
    if (!requested) return { bytes };
    requested = false;
    hits += 1;
    return handle(bytes);
  };
  return { wasHit: () => hits > 0, end: () => void Object.assign(proxy, { toServer, toClient }) };
}

type Bytes = Uint8Array<ArrayBuffer>;

const drop = () => NOTHING;
const cut = (): Passage => ({ ...NOTHING, cut: true });
const cutShort = (bytes: Bytes): Passage => ({ bytes: bytes.slice(0, PART_BYTES), cut: true });

/** Reconnects, as the text of a statement is only sent once per connection. */
function reconnected(fixture: Fixture): Fixture {
  fixture.proxy.disconnect();
  return fixture;
}

/** All faults of the network. */
export const IN_NETWORK: readonly Fault[] = [
  {
    where: "network",
    problem: "high latency",
    injection: `${LATENCY_MS} ms delay in each direction`,
    response: "accepted",
    stored: "duringFault",
    inject({ proxy }) {
      let hits = 0;
      const { toServer, toClient } = proxy;
      const delay = async (bytes: Bytes) => {
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
  {
    where: "network",
    problem: "Postgres cannot be reached",
    injection: "all connections are cut, new ones are closed at once",
    response: "accepted",
    stored: "afterwards",
    inject(fixture) {
      const { proxy } = fixture;
      const { target } = proxy;
      proxy.cut();
      return {
        wasHit: async () => await fixture.failedFlushes() > 0,
        end: () => void (proxy.target = target),
      };
    },
  },
  {
    where: "network",
    problem: "connection cut before an insert arrives",
    injection: "the connection is cut instead of forwarding an insert",
    response: "accepted",
    stored: "afterwards",
    inject: (fixture) => onRequest(fixture, INSERT, cut),
  },
  {
    where: "network",
    problem: "connection cut after an insert, before its reply",
    injection: "the connection is cut instead of forwarding an insert's reply",
    response: "accepted",
    stored: "insertRetried",
    inject: (fixture) => onReply(fixture, INSERT, cut),
  },
  {
    where: "network",
    problem: "connection cut within a reply",
    injection: `the connection is cut after ${PART_BYTES} bytes of an insert's reply`,
    response: "accepted",
    stored: "insertRetried",
    inject: (fixture) => onReply(fixture, INSERT, cutShort),
  },
  {
    where: "network",
    problem: "an insert never arrives",
    injection: `inserts are dropped; they fail at the deadline (30 s, here ${DEADLINE_MS} ms)`,
    response: "accepted",
    stored: "afterwards",
    inject: (fixture) => onRequest(fixture, INSERT, drop),
  },
  {
    where: "network",
    problem: "an insert's reply never arrives",
    injection: "the replies to inserts are dropped",
    response: "accepted",
    stored: "insertRetried",
    inject: (fixture) => onReply(fixture, INSERT, drop),
  },
  {
    where: "network",
    problem: "`BEGIN` never returns",
    injection: "enrichment's `begin` is dropped",
    response: "accepted",
    stored: "duringFault",
    inject: (fixture) => onRequest(fixture, BEGIN, drop),
  },
  {
    where: "network",
    problem: "connection cut before `COMMIT` arrives",
    injection: "the connection is cut instead of forwarding enrichment's `commit`",
    response: "accepted",
    stored: "duringFault",
    inject: (fixture) => onRequest(reconnected(fixture), COMMIT, cut),
  },
  {
    where: "network",
    problem: "connection cut after `COMMIT`, before its reply",
    injection: "the connection is cut instead of forwarding the reply",
    response: "accepted",
    stored: "duringFault",
    inject: (fixture) => onReply(reconnected(fixture), COMMIT, cut),
  },
];
