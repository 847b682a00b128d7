import { assertEquals, assertRejects } from "../support/assert.ts";
import { exclusively } from "../../src/client/send_lock.ts";
import type { Page } from "../../src/client/page.ts";
import { FakePage } from "./fake_page.ts";

const FORBIDDEN = { request: () => Promise.reject(new DOMException("no", "SecurityError")) };

function pageWith(locks?: object): Page {
  return Object.assign(new FakePage().page, { navigator: { locks } }) as Page;
}

/** Does work so, and tells how often it was done. */
async function times(page: Page, work = () => Promise.resolve()): Promise<number> {
  let done = 0;
  await exclusively(page, "events", () => {
    done += 1;
    return work();
  });
  return done;
}

Deno.test("10.6 where locks are forbidden, as in a sandboxed frame, a lease does", async () => {
  const page = pageWith(FORBIDDEN);
  assertEquals(await times(page), 1);
  let inner: number | undefined;
  await times(page, async () => void (inner = await times(page)));
  assertEquals(inner, 0, "it is taken");
  assertEquals(await times(page), 1, "and given back");
});

Deno.test("work that fails under a lock is not done again under a lease", async () => {
  const locks = { request: (_: string, work: () => Promise<void>) => work() };
  const page = pageWith(locks);
  let done = 0;
  await assertRejects(
    () =>
      times(page, () => {
        done += 1;
        return Promise.reject(new Error("of the work"));
      }),
    Error,
    "of the work",
  );
  assertEquals(done, 1);
});

Deno.test("work that fails gives its lease back", async () => {
  const page = pageWith();
  await assertRejects(
    () => times(page, () => Promise.reject(new Error("of the work"))),
    Error,
    "of the work",
  );
  assertEquals(await times(page), 1);
});
