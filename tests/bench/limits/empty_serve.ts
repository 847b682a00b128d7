/** Limit of `start`: `Deno.serve` and nothing else. */

Deno.serve({ port: Number(Deno.env.get("PORT")), onListen: () => {} }, () => new Response("{}"));
