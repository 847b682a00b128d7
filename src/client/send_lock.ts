/** One sender at a time across tabs. Two at once would do no harm, only the work twice. */

import { type Page, recall, remember } from "./page.ts";

/** A tab that holds the lease longer has most likely died. */
const LEASE_MS = 60_000;

/**
 * Does work while no other tab does: by Web Locks, which exist on https and localhost only, and not
 * in a sandboxed frame, and else by a lease in localStorage. Where another tab holds that, nothing is done.
 */
export async function exclusively(
  page: Page,
  name: string,
  work: () => Promise<void>,
): Promise<void> {
  let begun = false;
  try {
    await page.navigator.locks?.request(name, () => {
      begun = true;
      return work();
    });
  } catch (error) {
    if (begun) throw error; // else: where storage is forbidden, so are locks
  }
  if (begun || Number(recall(page, name)) > page.Date.now()) return;
  remember(page, name, `${page.Date.now() + LEASE_MS}`);
  try {
    await work();
  } finally {
    remember(page, name, null);
  }
}
