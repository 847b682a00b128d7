/** Limit of `start`: `Deno.serve` with an empty handler. */

Deno.serve({ port: Number(Deno.env.get("PORT")), onListen: () => {} }, () => new Response("{}"));
