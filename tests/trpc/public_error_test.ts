import { TRPCError } from "@trpc/server";
import { z } from "zod";
import { publicError } from "../../src/trpc/init.ts";
import { assertEquals } from "../support/assert.ts";

Deno.test("2.10 a response that does not fit its own schema reveals nothing of it", () => {
  const { error: cause } = z.object({ secret: z.string() }).safeParse({ secret: 5 });
  const error = new TRPCError({ code: "INTERNAL_SERVER_ERROR", message: "Output", cause });
  const message = "Internal server error";
  const code = "INTERNAL_SERVER_ERROR";
  assertEquals(publicError(error), { code, status: 500, message, zodError: null });
});
