import { requests } from "./requests.js";
import { TRPCClientError } from "@trpc/client";
import { once } from "node:events";
import { caller } from "./caller.js";
import { server } from "./own.js";
import { sluice } from "./sluice.js";
import { client } from "./split_link.js";
import "./extras.js";

const { SESSION: sessionId = "", OWN_PORT = "" } = process.env;
server.listen(Number(OWN_PORT), "localhost");
await once(server, "listening");

function reportOf(settled: PromiseSettledResult<unknown>): unknown {
  if (settled.status === "fulfilled") return settled.value;
  const { reason } = settled;
  return reason instanceof TRPCClientError ? reason.data.code : String(reason);
}

const direct = await Promise.all([
  sluice.eventIngestion.track.mutate({
    eventType: "page_viewed",
    source: "mobile",
    sessionId,
    props: { from: "direct" },
  }),
  sluice.eventIngestion.trackBatch.mutate({
    events: [
      { eventType: "button_clicked", sessionId, props: { from: "direct" } },
      { eventType: "license_signed", sessionId },
    ],
  }),
]);
const stats = await sluice.eventIngestion.getStats.query();
const flush = await sluice.eventIngestion.forceFlush.mutate();
const batchSize: number = stats.config.batchSize;
const results: ("fulfilled" | "rejected")[] = direct[1].results.map(({ status }) => status);

const before = requests.length;
const [hello, ...mixed] = await Promise.allSettled([
  client.hello.query(),
  client.eventIngestion.track.mutate({
    eventType: "search_performed",
    sessionId,
    props: { from: "split", query: "art" },
  }),
  client.fail.mutate(),
  client.eventIngestion.track.mutate({ eventType: "license_signed", sessionId }),
  client.eventIngestion.trackBatch.mutate({
    events: [{ eventType: "cta_clicked", sessionId, props: { from: "split" } }],
  }),
]);
const at: Date | null = hello.status === "fulfilled" ? hello.value.at : null;
const together = requests.slice(before);

const beforeMany = requests.length;
const many = await Promise.all(
  Array.from({ length: 60 }, (_, n) =>
    client.eventIngestion.track.mutate({
      eventType: "filter_applied",
      sessionId,
      props: { from: "many", n },
      idempotencyKey: crypto.randomUUID(),
    })),
);
const tracked: boolean = many.every(({ tracked }) => tracked);
const ofMany = requests.length - beforeMany;

const mounted = await Promise.allSettled([
  caller.hello.query(),
  caller.eventIngestion.track.mutate({
    eventType: "modal_opened",
    sessionId,
    props: { from: "mounted" },
  }),
  caller.eventIngestion.track.mutate({ eventType: "license_signed", sessionId }),
]);
// @ts-expect-error there is no such source
void (() => sluice.eventIngestion.track.mutate({ eventType: "page_viewed", source: "fridge" }));
// @ts-expect-error it is not in the own router
void (() => client.eventIngestion.track.mutate({ eventType: 1 }));

console.log(JSON.stringify({
  direct: [direct[0], results],
  stats: batchSize,
  flush: flush.flushed,
  hello: at instanceof Date,
  mixed: mixed.map(reportOf),
  together,
  many: [tracked, ofMany],
  mounted: mounted.map(reportOf),
}));
server.close();
server.closeAllConnections();
