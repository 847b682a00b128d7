/** One sending tab at a time. Two would do no harm, only double the work. */

import { type Page, readItem, writeItem } from "./page.ts";

/** A tab that holds the lease for longer has most likely died. */
const LEASE_MS = 60_000;

/**
 * Runs `work` unless another tab is doing so: under a Web Lock or, where there are none (plain http,
 * sandboxed frames), under a lease in localStorage. A lock is waited for; if another tab holds the
 * lease, nothing is done.
 */
export async function exclusively(
  page: Page,
  name: string,
  work: () => Promise<void>,
): Promise<void> {
  let started = false;
  try {
    await page.navigator.locks?.request(name, () => {
      started = true;
      return work();
    });
  } catch (error) {
    if (started) throw error; // otherwise locks are forbidden, as storage is
  }
  // Compared as a number.
  if (started || readItem(page, name) as unknown as number > page.Date.now()) return;
  writeItem(page, name, page.Date.now() + LEASE_MS);
  try {
    await work();
  } finally {
    writeItem(page, name, null);
  }
}
