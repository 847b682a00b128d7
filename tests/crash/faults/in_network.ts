/** Faults between the service and Postgres, by a TCP proxy. */

import type { Passage } from "../../support/tcp_proxy.ts";
import type { Fault, Injected } from "./fault.ts";
import { DEADLINE_MS, type Fixture } from "./fixture.ts";

const decoder = new TextDecoder();
const NOTHING: Passage = { bytes: new Uint8Array() };
const LATENCY_MS = 50;
const PART_BYTES = 20;

/** What travels: rows of events, the only ones with a time beside a time, or a word of a transaction. */
const INSERT = /Z","20\d\d-/;
const BEGIN = /\bbegin\b/i;
const COMMIT = /\bcommit\b/i;

/** Lets requests by that do not match, and judges those that do. */
function onRequest({ proxy }: Fixture, text: RegExp, judge: (bytes: Bytes) => Passage): Injected {
  let felt = 0;
  const before = proxy.toServer;
  proxy.toServer = (bytes) => {
    if (!text.test(decoder.decode(bytes))) return { bytes };
    felt += 1;
    return judge(bytes);
  };
  return { felt: () => felt > 0, end: () => void (proxy.toServer = before) };
}

/** Lets requests by, and judges whatever is answered after one that matches. */
function onAnswer({ proxy }: Fixture, text: RegExp, judge: (bytes: Bytes) => Passage): Injected {
  let asked = false;
  let felt = 0;
  const { toServer, toClient } = proxy;
  proxy.toServer = (bytes) => {
    asked ||= text.test(decoder.decode(bytes));
    return { bytes };
  };
  proxy.toClient = (bytes) => {
    if (!asked) return { bytes };
    asked = false;
    felt += 1;
    return judge(bytes);
  };
  return { felt: () => felt > 0, end: () => void Object.assign(proxy, { toServer, toClient }) };
}

type Bytes = Uint8Array<ArrayBuffer>;

const swallow = () => NOTHING;
const cut = (): Passage => ({ ...NOTHING, cut: true });
const cutWithin = (bytes: Bytes): Passage => ({ bytes: bytes.slice(0, PART_BYTES), cut: true });

/** A connection says the text of a statement once; new ones say it again. */
function anew(fixture: Fixture): Fixture {
  fixture.proxy.disconnect();
  return fixture;
}

/** All faults on the way. */
export const IN_NETWORK: readonly Fault[] = [
  {
    of: "network",
    what: "slow",
    by: `${LATENCY_MS} ms more each way`,
    client: "taken",
    stored: "atOnce",
    inject({ proxy }) {
      let felt = 0;
      const { toServer, toClient } = proxy;
      const late = async (bytes: Bytes) => {
        felt += 1;
        await new Promise((resolve) => setTimeout(resolve, LATENCY_MS));
        return { bytes };
      };
      Object.assign(proxy, { toServer: late, toClient: late });
      return { felt: () => felt > 0, end: () => void Object.assign(proxy, { toServer, toClient }) };
    },
  },
  {
    of: "network",
    what: "Postgres cannot be reached",
    by: "all connections are cut, new ones closed at once",
    client: "taken",
    stored: "kept",
    inject(fixture) {
      const { proxy } = fixture;
      const { target } = proxy;
      proxy.cut();
      return {
        felt: async () => await fixture.failedFlushes() > 0,
        end: () => void (proxy.target = target),
      };
    },
  },
  {
    of: "network",
    what: "cut before an insert arrives",
    by: "an insert is cut off on its way",
    client: "taken",
    stored: "kept",
    inject: (fixture) => onRequest(fixture, INSERT, cut),
  },
  {
    of: "network",
    what: "cut after an insert, before its answer",
    by: "an insert is let through, its answer cut off",
    client: "taken",
    stored: "onceMore",
    inject: (fixture) => onAnswer(fixture, INSERT, cut),
  },
  {
    of: "network",
    what: "cut in the middle of an answer",
    by: `${PART_BYTES} bytes of an insert's answer are let through`,
    client: "taken",
    stored: "onceMore",
    inject: (fixture) => onAnswer(fixture, INSERT, cutWithin),
  },
  {
    of: "network",
    what: "an insert never arrives",
    by: `inserts are swallowed; the deadline (30 s, here ${DEADLINE_MS} ms) gives them up`,
    client: "taken",
    stored: "kept",
    inject: (fixture) => onRequest(fixture, INSERT, swallow),
  },
  {
    of: "network",
    what: "an insert's answer never comes",
    by: "inserts are let through, their answers swallowed",
    client: "taken",
    stored: "onceMore",
    inject: (fixture) => onAnswer(fixture, INSERT, swallow),
  },
  {
    of: "network",
    what: "`BEGIN` never returns",
    by: "the `begin` of enrichment is swallowed",
    client: "taken",
    stored: "atOnce",
    inject: (fixture) => onRequest(fixture, BEGIN, swallow),
  },
  {
    of: "network",
    what: "cut before `COMMIT` arrives",
    by: "the `commit` of enrichment is cut off on its way",
    client: "taken",
    stored: "atOnce",
    inject: (fixture) => onRequest(anew(fixture), COMMIT, cut),
  },
  {
    of: "network",
    what: "cut after `COMMIT`, before its answer",
    by: "the `commit` of enrichment is let through, its answer cut off",
    client: "taken",
    stored: "atOnce",
    inject: (fixture) => onAnswer(anew(fixture), COMMIT, cut),
  },
];
