import type { QueuedEvent } from "../../src/client/types.ts";
import { assertEquals } from "../support/assert.ts";
import { FakePage } from "./fake_page.ts";
import { open } from "./open.ts";

type BeforeSend = (event: QueuedEvent) => QueuedEvent | null;

/** Collects the calls of `console.error` while `work` runs. */
async function errorsOf(work: () => Promise<void>): Promise<unknown[][]> {
  const original = globalThis.console.error;
  const errors: unknown[][] = [];
  globalThis.console.error = (...args: unknown[]) => errors.push(args);
  try {
    await work();
  } finally {
    globalThis.console.error = original;
  }
  return errors;
}

Deno.test("10.27 beforeSend is called once per event, and what it returns is stored and sent", async () => {
  const calls: QueuedEvent[] = [];
  const beforeSend: BeforeSend = (event) => {
    calls.push(event);
    if (event.eventType === "secret") return null;
    if (event.props) event.props.email = undefined;
    return {
      ...event,
      sessionId: undefined as never,
      props: { ...event.props, link: "/p?token=1" },
    };
  };
  const page = new FakePage();
  let fails = true;
  page.respond = ((original) => (request) => {
    if (fails) return Promise.reject(new TypeError("Failed to fetch"));
    return original(request);
  })(page.respond);
  const { analytics } = open({ beforeSend }, page);
  analytics.track("a", { email: "me@a.example", url: "https://a.example/?token=1" });
  analytics.track("secret");
  await page.settle();
  const stored = JSON.stringify(page.storage);
  assertEquals([stored.includes("me@a.example"), stored.includes("secret")], [false, false]);
  await analytics.flush();
  fails = false;
  await page.advance(400_000);
  assertEquals(calls.map(({ eventType }) => eventType), ["a", "secret"]);
  assertEquals(calls[0]?.props?.url, "https://a.example/");
  const [event] = page.sent.slice(-1);
  assertEquals([event?.eventType, event?.sessionId, event?.props?.email, event?.props?.link], [
    "a",
    undefined,
    undefined,
    "/p",
  ]);
  const { queued, sent, dropped } = analytics.getState();
  assertEquals([queued, sent, dropped], [0, 1, 1]);
});

Deno.test("10.27 an event for which beforeSend fails is dropped, counted and reported once in the console", async () => {
  const circular: Record<string, unknown> = {};
  circular.self = circular;
  const failing: Record<string, BeforeSend> = {
    "an error": () => {
      throw new Error("mine");
    },
    "nothing": (() => {}) as never,
    "a promise": (async (event: QueuedEvent) => await event) as never,
    "not JSON": (event) => ({ ...event, props: circular }),
  };
  for (const [name, beforeSend] of Object.entries(failing)) {
    const { page, analytics } = open({ beforeSend });
    const errors = await errorsOf(async () => {
      analytics.track("a");
      assertEquals(await analytics.trackNow("b"), { tracked: false, queued: false }, name);
      await page.advance(60_000);
    });
    assertEquals(errors.map(([first]) => first), ["beforeSend:"], name);
    assertEquals([page.sent.length, analytics.getState().dropped], [0, 2], name);
  }
});

Deno.test("10.27 beforeSend cannot change the key by which an event is sent once", async () => {
  const { page, analytics } = open({
    beforeSend: (event) => ({ ...event, eventType: "b", idempotencyKey: "x" }),
  });
  const idempotencyKey = crypto.randomUUID();
  analytics.track("a", {}, { idempotencyKey });
  await analytics.flush();
  assertEquals(page.sent.map((event) => [event.eventType, event.idempotencyKey]), [[
    "b",
    idempotencyKey,
  ]]);
});
