/** The load balancer in front of several processes: whom it asks, and what it never repeats. */

import { Balancer } from "../../src/cli/balancer.ts";
import { assertEquals, assertMatch } from "../support/assert.ts";
import { freePort } from "../support/command.ts";
import { until } from "../support/until.ts";

interface Backend extends AsyncDisposable {
  readonly url: string;
  readonly requests: Request[];
  status: string;
}

type Answer = (request: Request) => Response | Promise<Response>;

/** A process that reports `status` at `/readyz`. */
function openBackend(answer: Answer = () => Response.json({})): Backend {
  const requests: Request[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    if (new URL(request.url).pathname === "/readyz") {
      return Response.json({ status: backend.status }, {
        status: backend.status === "ok" ? 200 : 503,
      });
    }
    requests.push(request);
    return answer(request);
  });
  const backend: Backend = {
    url: `http://127.0.0.1:${server.addr.port}`,
    requests,
    status: "ok",
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
  return backend;
}

function openBalancer(...urls: string[]): Balancer {
  const balancer = new Balancer({ hostname: "127.0.0.1", port: 0, probeMs: 20 });
  for (const url of urls) balancer.add(url);
  return balancer;
}

async function post(
  balancer: Balancer,
  body = "{}",
  headers: Record<string, string> = {},
): Promise<Response> {
  return await fetch(`http://127.0.0.1:${balancer.port}/v1/events?a=%20b`, {
    method: "POST",
    headers: { "x-forwarded-for": "192.0.2.1", host: "events.example", ...headers },
    body,
  });
}

async function get(balancer: Balancer, path: string): Promise<Response> {
  return await fetch(`http://127.0.0.1:${balancer.port}${path}`);
}

async function statusOf(response: Response): Promise<number> {
  await response.body?.cancel();
  return response.status;
}

Deno.test("requests are shared among processes, with path, body and the caller's address", async () => {
  const echo: Answer = async (request) =>
    Response.json([
      request.method,
      new URL(request.url).pathname + new URL(request.url).search,
      await request.text(),
      request.headers.get("x-forwarded-for"),
    ], { status: 201, headers: { "set-cookie": "a=1" } });
  await using one = openBackend(echo);
  await using two = openBackend(echo);
  await using balancer = openBalancer(one.url, two.url);
  for (let i = 0; i < 6; i += 1) {
    const response = await post(balancer, "the body");
    assertEquals([response.status, response.headers.get("set-cookie"), await response.json()], [
      201,
      "a=1",
      ["POST", "/v1/events?a=%20b", "the body", "127.0.0.1"],
    ]);
  }
  assertEquals([one.requests.length, two.requests.length], [3, 3]);
});

Deno.test("the caller's address is found by the trusted proxies alone, whatever a client sends", async () => {
  const echo: Answer = ({ headers }) => Response.json(headers.get("x-forwarded-for"));
  await using one = openBackend(echo);
  const sent = {
    "x-forwarded-for": "192.0.2.1, 192.0.2.2, 192.0.2.3",
    forwarded: 'for=198.51.100.1, for="[2001:db8::2]:4711";by=203.0.113.1',
    "x-real-ip": "203.0.113.9",
  };
  const found = [];
  for (
    const [trustedProxies, clientIpHeader] of [
      [0, null],
      [1, null],
      [2, null],
      [0, "Forwarded"],
      [1, "Forwarded"],
      [2, "Forwarded"],
      [0, "X-Real-IP"],
    ] as const
  ) {
    const trusted = { trustedProxies, clientIpHeader };
    await using balancer = new Balancer({ hostname: "127.0.0.1", port: 0, trusted });
    balancer.add(one.url);
    found.push(await (await post(balancer, "{}", sent)).json());
  }
  assertEquals(found, [
    "127.0.0.1",
    "192.0.2.3",
    "192.0.2.2",
    "[2001:db8::2]:4711",
    "[2001:db8::2]:4711",
    "198.51.100.1",
    "203.0.113.9",
  ]);
});

/** Sends bytes as they are and reads until the connection is closed, which `isCutOff` half-closes. */
async function sendRaw(balancer: Balancer, text: string, isCutOff = false): Promise<string> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: balancer.port });
  await connection.write(new TextEncoder().encode(text));
  if (isCutOff) await connection.closeWrite();
  return await new Response(connection.readable).text();
}

Deno.test("no header Host leads elsewhere, stops a process from being asked, or is answered with 500", async () => {
  const echo: Answer = ({ headers, url }) =>
    Response.json([headers.get("host"), new URL(url).pathname]);
  await using one = openBackend(echo);
  await using balancer = new Balancer({ hostname: "127.0.0.1", port: 0, probeMs: 60_000 });
  balancer.add(one.url);
  for (const host of ["Events.example:80", "events.example:443", `${"a".repeat(40)}@127.0.0.1:9`]) {
    const response = await sendRaw(
      balancer,
      `GET /a?b HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
    );
    assertMatch(response, /^HTTP\/1.1 200 /, host);
    assertMatch(response, /"\/a"\]$/, host);
  }
  const invalid = await sendRaw(
    balancer,
    "GET /a HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n",
  );
  assertMatch(invalid, /^HTTP\/1.1 400 /);
  assertEquals([one.requests.length, balancer.available], [3, [one.url]]);
});

Deno.test("a client that sent no user agent and no language has none behind it", async () => {
  const echo: Answer = ({ headers }) =>
    Response.json([headers.get("user-agent"), headers.get("accept-language")]);
  await using one = openBackend(echo);
  await using balancer = openBalancer(one.url);
  const bare = await sendRaw(balancer, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  assertMatch(bare, /\["",""\]$/);
  const full = await post(balancer, "{}", { "user-agent": "Moz/5", "accept-language": "de" });
  assertEquals(await full.json(), ["Moz/5", "de"]);
});

Deno.test("a body that is cut off is 408, and reaches no process", async () => {
  await using one = openBackend();
  await using balancer = openBalancer(one.url);
  const response = await sendRaw(
    balancer,
    "POST /v1/events HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{}",
    true,
  );
  assertMatch(response, /^HTTP\/1.1 408 /);
  assertEquals(one.requests.length, 0);
});

Deno.test("clients that give up make no process unavailable, and one that hangs gets no more of theirs", async () => {
  const held = Promise.withResolvers<Response>();
  await using slow = openBackend(() => held.promise);
  await using fast = openBackend();
  await using balancer = new Balancer({ hostname: "127.0.0.1", port: 0, probeMs: 60_000 });
  balancer.add(slow.url);
  const giveUp = new AbortController();
  const leaving = fetch(`http://127.0.0.1:${balancer.port}/admin`, { signal: giveUp.signal })
    .then(statusOf, () => "gone");
  await until(() => slow.requests.length === 1 || null, "the slow process to be asked");
  balancer.add(fast.url);
  giveUp.abort();
  assertEquals(await leaving, "gone");
  for (let i = 0; i < 4; i += 1) await statusOf(await post(balancer));
  assertEquals([slow.requests.length, fast.requests.length], [1, 4]);
  assertEquals(balancer.available, [slow.url, fast.url]);
  held.resolve(Response.json({}));
});

Deno.test("a busy process gets no more until it has answered", async () => {
  const held = Promise.withResolvers<Response>();
  await using slow = openBackend(() => held.promise);
  await using fast = openBackend();
  await using balancer = openBalancer(slow.url, fast.url);
  const waiting = post(balancer);
  await until(() => slow.requests.length === 1 || null, "the slow process to be asked");
  for (let i = 0; i < 4; i += 1) await statusOf(await post(balancer));
  held.resolve(Response.json({}));
  await statusOf(await waiting);
  assertEquals([slow.requests.length, fast.requests.length], [1, 4]);
});

Deno.test("a process that is stopping or down gets no requests until it is back, a degraded one does", async () => {
  await using one = openBackend();
  await using two = openBackend();
  await using balancer = openBalancer(one.url, two.url);
  for (const status of ["stopping", "down"]) {
    one.status = status;
    await until(() => balancer.available.length === 1 || null, `the process to be out: ${status}`);
    const before = one.requests.length;
    for (let i = 0; i < 4; i += 1) await statusOf(await post(balancer));
    assertEquals([one.requests.length - before, balancer.available], [0, [two.url]]);
    one.status = "degraded";
    await until(() => balancer.available.length === 2 || null, "the process to be back");
  }
});

Deno.test("a refused connection is tried on another process, one that broke only if nothing can happen twice", async () => {
  await using one = openBackend();
  const gone = `http://127.0.0.1:${freePort()}`;
  await using balancer = new Balancer({ hostname: "127.0.0.1", port: 0, probeMs: 60_000 });
  balancer.add(gone);
  balancer.add(one.url);
  assertEquals([await statusOf(await post(balancer)), balancer.available], [200, [one.url]]);
  balancer.remove(gone);
  balancer.remove(one.url);
  assertEquals(await statusOf(await post(balancer)), 503);

  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let broken = 0;
  const breaking = (async () => {
    for await (const connection of listener) {
      await connection.read(new Uint8Array(65_536));
      broken += 1;
      connection.close();
    }
  })();
  balancer.add(`http://127.0.0.1:${listener.addr.port}`);
  assertEquals([await statusOf(await post(balancer)), broken], [502, 1]);

  const ask = [
    (balancer: Balancer) => get(balancer, "/v1/pixel.gif?eventType=email_opened"),
    (balancer: Balancer) => get(balancer, "/admin"),
    (balancer: Balancer) => post(balancer, "{}", { "idempotency-key": crypto.randomUUID() }),
  ];
  const statuses = [];
  for (const send of ask) {
    await using balancer = new Balancer({ hostname: "127.0.0.1", port: 0, probeMs: 60_000 });
    balancer.add(`http://127.0.0.1:${listener.addr.port}`);
    balancer.add(one.url);
    statuses.push(await statusOf(await send(balancer)));
  }
  assertEquals([statuses, broken], [[502, 200, 200], 4]);
  listener.close();
  await breaking.catch(() => {});
});

Deno.test("a process that said it is stopping gets no request, though all others are down or gone", async () => {
  await using stopping = openBackend();
  await using down = openBackend();
  stopping.status = "stopping";
  down.status = "down";
  await using balancer = openBalancer(stopping.url, down.url);
  await until(() => balancer.available.length === 0 || null, "both to be out");
  for (let i = 0; i < 4; i += 1) assertEquals(await statusOf(await post(balancer)), 200);
  balancer.remove(down.url);
  const response = await post(balancer);
  assertEquals([await statusOf(response), response.headers.get("retry-after")], [503, "1"]);
  assertEquals([stopping.requests.length, down.requests.length], [0, 4]);
});

Deno.test("a response that closes its connection makes the load balancer ask whether the process is stopping", async () => {
  const closing: Answer = () => Response.json({}, { headers: { connection: "close" } });
  await using one = openBackend(closing);
  await using balancer = new Balancer({ hostname: "127.0.0.1", port: 0, probeMs: 60_000 });
  balancer.add(one.url);
  assertEquals(await statusOf(await post(balancer)), 200);
  one.status = "stopping";
  assertEquals(await statusOf(await post(balancer)), 200);
  await until(() => balancer.available.length === 0 || null, "the process to be out");
});
