import { isDriverFault } from "../../src/store/driver_faults.ts";
import { assertEquals } from "../support/assert.ts";

function fault(message: string, stack: string): TypeError {
  const error = new TypeError(message);
  error.stack = `TypeError: ${message}\n    at ${stack}`;
  return error;
}

const MESSAGE = "Cannot read properties of null (reading 'write')";
const FRAME = "Immediate.nextWrite (file:///npm/postgres/3.4.9/src/connection.js:255:22)";

Deno.test("a unix socket of Postgres that cannot be connected to is a driver fault", () => {
  assertEquals(isDriverFault(new Error("connect ENOENT /nowhere/.s.PGSQL.5432")), true);
  assertEquals(isDriverFault(new Error("connect ECONNREFUSED /run/pg/.s.PGSQL.5433")), true);
  assertEquals(isDriverFault(new Error("connect ENOENT /run/other.sock")), false);
});

Deno.test("only a write of the driver to a closed connection is a driver fault", () => {
  assertEquals(isDriverFault(fault(MESSAGE, FRAME)), true);
  assertEquals(isDriverFault(fault(MESSAGE, "file:///srv/src/buffer/committer.ts:1:1")), false);
  assertEquals(isDriverFault(fault("x is not a function", FRAME)), false);
  assertEquals(isDriverFault(new Error(MESSAGE)), false);
  assertEquals(isDriverFault(null), false);
});
