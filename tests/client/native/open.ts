/** Creates the SDK of an app on a fake device. */

import { asyncStorage } from "../../../src/client/native/async_storage.ts";
import { createNative } from "../../../src/client/native/create.ts";
import type { Platform } from "../../../src/client/native/device.ts";
import type { NativeOptions } from "../../../src/client/native/types.ts";
import type { Rejection } from "../../../src/client/types.ts";
import { FakePage } from "../fake_page.ts";
import { FakeAsyncStorage } from "./fake_async_storage.ts";

/** What React Native has of the web, with time and network of a fake page. */
export function platformOf({ page }: FakePage): Platform {
  const { fetch, setTimeout, clearTimeout, Date } = page;
  return { fetch, setTimeout, clearTimeout, Date, crypto };
}

/** Creates the SDK; `storage` and `page` may be those of an earlier process. */
export function openNative(
  options: Partial<NativeOptions> = {},
  storage = new FakeAsyncStorage(),
  page = new FakePage(),
) {
  const rejected: Rejection[] = [];
  const analytics = createNative({
    url: "https://events.example",
    store: asyncStorage(storage),
    onRejected: (rejection) => rejected.push(rejection),
    ...options,
  }, platformOf(page));
  return { analytics, storage, page, rejected };
}
