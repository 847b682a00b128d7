import { nameProcess } from "../src/process_name.ts";
import { assertEquals } from "./support/assert.ts";

const unreadable = () => Promise.reject(new Deno.errors.NotFound());

Deno.test("a process is named after its deployment, else its machine and id, and never by an address", async () => {
  assertEquals(await nameProcess("ams 5xh2", unreadable), "ams 5xh2");
  assertEquals(await nameProcess("", () => Promise.resolve("web-1\n")), `web-1 (${Deno.pid})`);
  for (const host of ["10.1.2.3", "fd00::1", "ip-10-0-0-12", "ec2-203-0-113-9.compute.internal"]) {
    assertEquals(await nameProcess("", () => Promise.resolve(host)), `process ${Deno.pid}`);
  }
  assertEquals(await nameProcess("", unreadable), `process ${Deno.pid}`);
});
