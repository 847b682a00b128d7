import { assertEquals } from "../support/assert.ts";
import { buildClient } from "../../src/build/client.ts";

const CORE_BYTES = 4.4 * 1024;
const REACT_BYTES = 1024;

Deno.test("the SDK's core is at most 4.4 KB after gzip, and React's part 1 KB more", async (t) => {
  const { sizes } = await buildClient();
  await t.step(`core: ${sizes.core} of ${CORE_BYTES} bytes`, () => {
    assertEquals(sizes.core <= CORE_BYTES, true);
  });
  await t.step(`React part: ${sizes.react} of ${REACT_BYTES} bytes`, () => {
    assertEquals(sizes.react <= REACT_BYTES, true);
  });
});
