import { assertEquals, assertRejects } from "../support/assert.ts";
import { exclusively } from "../../src/client/send_lock.ts";
import type { Page } from "../../src/client/page.ts";
import { FakePage } from "./fake_page.ts";

const FORBIDDEN_LOCKS = { request: () => Promise.reject(new DOMException("no", "SecurityError")) };

function pageWith(locks?: object): Page {
  return Object.assign(new FakePage().page, { navigator: { locks } }) as Page;
}

/** Runs work under the lock, and returns how many times it ran. */
async function countRuns(page: Page, work = () => Promise.resolve()): Promise<number> {
  let runs = 0;
  await exclusively(page, "events", () => {
    runs += 1;
    return work();
  });
  return runs;
}

Deno.test("10.6 where locks are forbidden, as in a sandboxed frame, a lease is used", async () => {
  const page = pageWith(FORBIDDEN_LOCKS);
  assertEquals(await countRuns(page), 1);
  let inner: number | undefined;
  await countRuns(page, async () => void (inner = await countRuns(page)));
  assertEquals(inner, 0, "the lease is taken");
  assertEquals(await countRuns(page), 1, "the lease is released");
});

Deno.test("work that fails under a lock is not retried under a lease", async () => {
  const locks = { request: (_: string, work: () => Promise<void>) => work() };
  const page = pageWith(locks);
  let runs = 0;
  await assertRejects(
    () =>
      countRuns(page, () => {
        runs += 1;
        return Promise.reject(new Error("work failed"));
      }),
    Error,
    "work failed",
  );
  assertEquals(runs, 1);
});

Deno.test("work that fails releases its lease", async () => {
  const page = pageWith();
  await assertRejects(
    () => countRuns(page, () => Promise.reject(new Error("work failed"))),
    Error,
    "work failed",
  );
  assertEquals(await countRuns(page), 1);
});
