import { assertEquals } from "../support/assert.ts";
import { classifyFailure, isConnectionLost } from "../../src/store/failure.ts";

function failure(message: string, code?: unknown): Error {
  return Object.assign(new Error(message), code === undefined ? {} : { code });
}

const data: Readonly<Record<string, string>> = {
  "22001": "a string too long for its column",
  "22003": "a number out of range",
  "22007": "an invalid date",
  "22P02": "text that is not a UUID",
  "22P05": "a character that cannot be stored",
  "23502": "a null in a required column",
  "23505": "a duplicate key",
  "54000": "an index entry too large",
};

for (const [sqlstate, what] of Object.entries(data)) {
  Deno.test(`7.3 SQLSTATE ${sqlstate}, ${what}, is the data's fault`, () => {
    assertEquals(classifyFailure(failure(what, sqlstate)), {
      kind: "data",
      sqlstate,
      message: what,
    });
  });
}

Deno.test("7.3 SQLSTATE 23514 is the data's fault where it names the violated check", () => {
  const error = Object.assign(failure("a violated check", "23514"), {
    constraint_name: "positive",
  });
  const expected = { kind: "data" as const, sqlstate: "23514", message: "a violated check" };
  assertEquals(classifyFailure(error), expected);
});

const unavailable: Readonly<Record<string, string>> = {
  "08006": "connection failure",
  "23514": "a row without a partition",
  "57P01": "the server shuts down",
  "57P03": "the server is starting up",
  "57014": "a statement timeout",
  "53100": "the disk is full",
  "53300": "too many connections",
  "40001": "a serialization failure",
  "40P01": "a deadlock",
  "25006": "a read-only transaction on a standby",
  "28P01": "a wrong password",
  "3D000": "a database that does not exist",
  "42P01": "a table that does not exist",
  "42501": "a missing privilege",
  "58030": "an I/O error",
  "XX000": "an internal error",
  "ECONNREFUSED": "no server listening",
  "ECONNRESET": "a broken connection",
  "EPIPE": "a broken pipe, a code as long as a SQLSTATE",
  "CONNECT_TIMEOUT": "a connection timeout",
  "CONNECTION_CLOSED": "a closed connection",
  "22": "only a class",
  "220010": "a code of six characters",
};

for (const [code, what] of Object.entries(unavailable)) {
  Deno.test(`7.3 ${code}, ${what}, is not the data's fault`, () => {
    assertEquals(classifyFailure(failure(what, code)), {
      kind: "unavailable",
      message: `${what} (${code})`,
    });
  });
}

/** An answer of Postgres, as the driver throws it. */
function answer(code: string, severity: string): Error {
  return Object.assign(failure("no", code), { name: "PostgresError", severity_local: severity });
}

for (const code of ["42501", "XX000", "P0001", "22023"]) {
  Deno.test(`7.17 ${code} that ends the connection, as of a pooler without room, is about no row`, () => {
    assertEquals(classifyFailure(answer(code, "ERROR")).kind === "unavailable", false);
    assertEquals(classifyFailure(answer(code, "FATAL")).kind, "unavailable");
  });
}

Deno.test("7.3 an error without a code is not the data's fault", () => {
  const cases: readonly (readonly [error: unknown, message: string])[] = [
    [new Error("boom"), "boom"],
    [new TypeError(""), "TypeError"],
    [failure("a code that is a number", 22001), "a code that is a number"],
    ["22001", "22001"],
    [undefined, "undefined"],
    [{ code: "22001", message: "not an error" }, "[object Object]"],
  ];
  for (const [error, message] of cases) {
    assertEquals(classifyFailure(error), { kind: "unavailable", message });
  }
});

Deno.test("an AggregateError of connections, which has no message, is reported by its code", () => {
  const error = Object.assign(new AggregateError([]), { code: "ECONNREFUSED" });
  assertEquals(classifyFailure(error), {
    kind: "unavailable",
    message: "ECONNREFUSED (ECONNREFUSED)",
  });
});

for (const code of ["CONNECTION_CLOSED", "CONNECT_TIMEOUT", "ECONNRESET", "EPIPE"]) {
  Deno.test(`${code} is a lost connection`, () => {
    assertEquals(isConnectionLost(failure("write", code)), true);
  });
}

for (const code of ["57P01", "22P02", "ECONNREFUSED", "ENOTFOUND", undefined]) {
  Deno.test(`${code ?? "an error without a code"} is not a lost connection`, () => {
    assertEquals(isConnectionLost(failure("nothing lost", code)), false);
  });
}
