/** Cookies that only the login can read, and its endpoint that is asked about them. */

import { generateKeyPair, type JWTPayload, SignJWT } from "jose";
import type { AuthConfig } from "../../src/config.ts";
import type { Identification } from "../../src/events/identification.ts";
import { createFindCookies } from "../../src/auth/cookies.ts";
import { readTokens } from "../../src/auth/token.ts";
import { assertEquals } from "../support/assert.ts";
import { FakeClock } from "../support/clock.ts";
import { openIdentify, type TestIdentify } from "../support/identify.ts";
import { captureLogs } from "../support/logs.ts";
import {
  type SessionAnswerer,
  type SessionEndpoint,
  startSessionEndpoint,
} from "../support/session_endpoint.ts";
import { until } from "../support/until.ts";

const SECRET = "0123456789abcdef0123456789abcdef";
const NAME = "better-auth.session_token";
const user = { id: "user_6", role: "creator", creatorId: "creator_6" };
const IDENTITY = { userId: "user_6", role: "creator", creatorId: "creator_6", brandId: null };
const answerUser: SessionAnswerer = () => Response.json({ session: { id: "s" }, user });

interface Fixture extends AsyncDisposable {
  readonly clock: FakeClock;
  readonly endpoint: SessionEndpoint;
  readonly identify: TestIdentify;
  /** What a cookie with this value says. */
  ask(value?: string): Promise<unknown>;
}

function open(answer: SessionAnswerer = answerUser, settings: Partial<AuthConfig> = {}): Fixture {
  const clock = new FakeClock();
  const endpoint = startSessionEndpoint(answer);
  const identify = openIdentify({ sessionUrl: endpoint.url, ...settings }, clock.now, clock);
  return {
    clock,
    endpoint,
    identify,
    ask: async (value = "opaque.signature") => show(await identify.cookie(NAME, value)),
    async [Symbol.asyncDispose]() {
      identify[Symbol.dispose]();
      await endpoint[Symbol.asyncDispose]();
    },
  };
}

function show(result: Identification): unknown {
  if (result.kind === "refused") return [result.reason, result.message];
  return result.kind === "identified" ? result.identity : result.kind;
}

const NOBODY = ["session", "AUTH_SESSION_URL knows no session for it"];

Deno.test("6.16 the endpoint says whose session a cookie is, and gets nothing but the cookie", async () => {
  let seen: [string, string, string[]] | null = null;
  await using fixture = open((request) => {
    seen = [request.method, new URL(request.url).pathname, [...request.headers.keys()].toSorted()];
    return Response.json({ user });
  });
  assertEquals(await fixture.ask(), IDENTITY);
  assertEquals(fixture.endpoint.asked, [`${NAME}=opaque.signature`]);
  const headers = ["accept", "accept-encoding", "accept-language", "cookie", "host", "user-agent"];
  assertEquals<unknown>(seen, ["GET", "/api/auth/get-session", headers]);
});

Deno.test("6.16 a session is remembered for a minute, and never beyond its end", async () => {
  await using fixture = open();
  const { clock, endpoint } = fixture;
  assertEquals(await fixture.ask(), IDENTITY);
  await clock.advance(59_999);
  assertEquals(await fixture.ask(), IDENTITY);
  assertEquals(endpoint.asked.length, 1);
  await clock.advance(1);
  assertEquals(await fixture.ask(), IDENTITY);
  assertEquals(endpoint.asked.length, 2);
  for (const value of ["expires", "expiresAt"]) {
    const soon = new Date(clock.now() + 10_000).toISOString();
    endpoint.answer(() => Response.json({ user, [value]: soon, session: { [value]: soon } }));
    const before = endpoint.asked.length;
    for (let i = 0; i < 2; i++) assertEquals(await fixture.ask(value), IDENTITY);
    assertEquals(endpoint.asked.length, before + 1);
    await clock.advance(10_000);
    await fixture.ask(value);
    assertEquals(endpoint.asked.length, before + 2);
  }
});

const nobody: Readonly<Record<string, SessionAnswerer>> = {
  "null": () => Response.json(null),
  "{}": () => Response.json({}),
  "{user: null}": () => Response.json({ session: null, user: null }),
  "401": () => new Response("no", { status: 401 }),
  "403": () => new Response(null, { status: 403 }),
  "204": () => new Response(null, { status: 204 }),
};

for (const [name, answer] of Object.entries(nobody)) {
  Deno.test(`6.16 the answer ${name} means no session, for five seconds`, async () => {
    await using fixture = open(answer);
    for (let i = 0; i < 3; i++) assertEquals(await fixture.ask(), NOBODY);
    assertEquals(fixture.endpoint.asked.length, 1);
    fixture.endpoint.answer(answerUser);
    await fixture.clock.advance(5_000);
    assertEquals(await fixture.ask(), IDENTITY);
  });
}

Deno.test("6.16 claims are where the settings say, in the answer", async () => {
  const at = (...path: string[]) => ({ text: path.join("."), paths: [path] });
  const claims = { user: at("sub"), role: at("data", "role"), creator: null, brand: null };
  await using fixture = open(() => Response.json({ sub: "u", data: { role: "ADMIN" } }), {
    claims,
  });
  const result = await fixture.identify.cookie(NAME, "x");
  assertEquals<unknown>(result, {
    kind: "identified",
    identity: { userId: "u", role: "ADMIN", creatorId: null, brandId: null },
    isAdmin: true,
  });
});

Deno.test("6.16 a session may have an image, as a data URL", async () => {
  const image = `data:image/png;base64,${"A".repeat(900_000)}`;
  await using fixture = open(() => Response.json({ user: { ...user, image } }));
  assertEquals(await fixture.ask(), IDENTITY);
});

Deno.test("6.16 6.9 an answer without the user's id is refused, and the reason names the claim", async () => {
  await using fixture = open(() => Response.json({ user: { name: "Zoë" }, expires: "2099-01-01" }));
  const [reason, message] = await fixture.ask() as string[];
  assertEquals([reason, message?.slice(0, 32)], ["subject", "its claim user.id is missing, mu"]);
});

const failures: Readonly<Record<string, readonly [SessionAnswerer, reason: string]>> = {
  "an error": [
    () => new Response("secret", { status: 500 }),
    "the status is 500, must be 200 or, without a session, 401",
  ],
  "a redirect, which is not followed": [
    ({ url }) => Response.redirect(new URL("/login", url), 302),
    "the status is 302, must be 200 or, without a session, 401",
  ],
  "a page": [() => new Response("<p>secret</p>"), "the response is not JSON"],
  "a list": [() => Response.json([user]), "the response is neither a JSON object nor null"],
  "a text": [() => Response.json("secret"), "the response is neither a JSON object nor null"],
  "too much": [
    () => new Response(`{"user":"${"x".repeat(1_100_000)}"}`),
    "the response is longer than 1024 KiB",
  ],
};

for (const [name, [answer, reason]] of Object.entries(failures)) {
  Deno.test(`6.16 ${name} leaves the caller unknown, for two seconds`, async () => {
    await using logs = await captureLogs();
    await using fixture = open(answer);
    for (let i = 0; i < 3; i++) assertEquals(await fixture.ask(), "unverified");
    assertEquals(fixture.endpoint.asked.length, 1);
    assertEquals(logs.of("warning").map(({ properties }) => properties["reason"]), [reason]);
    assertEquals(/secret|opaque|127\.0/.test(JSON.stringify(logs.records)), false);
    fixture.endpoint.answer(answerUser);
    await fixture.clock.advance(2_000);
    assertEquals(await fixture.ask(), IDENTITY);
  });
}

Deno.test("6.16 an error about some cookies does not keep others from being asked about", async () => {
  await using fixture = open((request) =>
    request.headers.get("cookie")?.includes("bad")
      ? new Response(null, { status: 500 })
      : Response.json({ user })
  );
  for (let i = 0; i < 20; i++) assertEquals(await fixture.ask(`bad${i}`), "unverified");
  assertEquals(await fixture.ask("good"), IDENTITY);
});

Deno.test("6.16 a request waits two seconds, and not at all once three in a row had no response", async () => {
  await using fixture = open();
  const { clock, endpoint } = fixture;
  endpoint.hang();
  for (let i = 0; i < 3; i++) {
    const waiting = fixture.ask(`slow${i}`);
    await until(() => endpoint.asked.length === i + 1, "the request");
    await clock.advance(2_000);
    assertEquals(await waiting, "unverified");
    await clock.advance(2_000);
  }
  const probe = fixture.ask("probe");
  await until(() => endpoint.asked.length === 4, "the probe");
  for (let i = 0; i < 10; i++) assertEquals(await fixture.ask(`more${i}`), "unverified");
  assertEquals(endpoint.asked.length, 4);
  endpoint.answer(answerUser); // answers the probe with null
  assertEquals(await probe, NOBODY);
  assertEquals(await fixture.ask("next"), IDENTITY);
});

Deno.test("6.16 cookies whose answers are too long do not keep others from being asked about", async () => {
  await using fixture = open((request) =>
    request.headers.get("cookie")?.includes("bad")
      ? new Response(`"${"x".repeat(2_000_000)}"`)
      : Response.json({ user })
  );
  for (let i = 0; i < 5; i++) assertEquals(await fixture.ask(`bad${i}`), "unverified");
  assertEquals(await fixture.ask("good"), IDENTITY);
});

/** An endpoint that closes the connection when it gets a long header, as servers do. */
function startCuttingEndpoint(): { readonly url: string } & Disposable {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const body = JSON.stringify({ user });
  async function answer(connection: Deno.Conn): Promise<void> {
    using _ = connection;
    const buffer = new Uint8Array(65_536);
    const length = await connection.read(buffer) ?? 0;
    if (new TextDecoder().decode(buffer.subarray(0, length)).includes("bad")) return;
    const head = `HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n`;
    await connection.write(new TextEncoder().encode(head + body));
  }
  async function accept(): Promise<void> {
    for await (const connection of listener) await answer(connection);
  }
  accept();
  return {
    url: `http://127.0.0.1:${listener.addr.port}/`,
    [Symbol.dispose]: () => listener.close(),
  };
}

Deno.test("6.16 cookies for which connections are closed do not keep others from being asked about", async () => {
  using endpoint = startCuttingEndpoint();
  await using fixture = open(answerUser, { sessionUrl: endpoint.url });
  for (let i = 0; i < 5; i++) assertEquals(await fixture.ask(`bad${i}`), "unverified");
  assertEquals(await fixture.ask("good"), IDENTITY);
});

Deno.test("6.16 a request with several cookies waits two seconds in all", async () => {
  await using fixture = open();
  const { clock, endpoint } = fixture;
  endpoint.hang();
  const cookies = Array.from({ length: 4 }, (_, i) => `${NAME}=v${i}`).join("; ");
  const tokens = readTokens(new Headers({ cookie: cookies }), createFindCookies([NAME]));
  let kind: string | null = null;
  const waiting = fixture.identify.identify(tokens).then((result) => kind = result.kind);
  await until(() => endpoint.asked.length === 1, "the request");
  await clock.advance(2_000);
  await until(() => kind !== null, "the result");
  assertEquals(await waiting, "unverified");
  assertEquals(endpoint.asked, [`${NAME}=v0`]);
  // When it is sent again, the next cookie gets its turn.
  await clock.advance(1_000);
  endpoint.answer(answerUser);
  assertEquals(show(await fixture.identify.identify(tokens)), IDENTITY);
  assertEquals(endpoint.asked, [`${NAME}=v0`, `${NAME}=v1`]);
});

Deno.test("6.16 6.9 an answer without the user's id is remembered for five seconds", async () => {
  await using fixture = open(() => Response.json({ error: "not signed in" }));
  for (let i = 0; i < 3; i++) assertEquals((await fixture.ask() as string[])[0], "subject");
  assertEquals(fixture.endpoint.asked.length, 1);
  fixture.endpoint.answer(answerUser);
  await fixture.clock.advance(5_000);
  assertEquals(await fixture.ask(), IDENTITY);
});

Deno.test("6.16 the endpoint is asked about tokens of algorithms that no setting has a key for", async () => {
  await using fixture = open(answerUser, { secret: SECRET });
  const { privateKey } = await generateKeyPair("RS256");
  const rsa = await new SignJWT({ sub: "u" }).setProtectedHeader({ alg: "RS256" }).sign(privateKey);
  assertEquals(await fixture.ask(rsa), IDENTITY);
  assertEquals(show(await fixture.identify.all(rsa)), [
    "algorithm",
    "its algorithm RS256 is not accepted, must be HS256",
  ]);
  assertEquals(fixture.endpoint.asked.length, 1);
});

Deno.test("6.16 6.7 the endpoint is not asked about the cookie of the dashboard", async () => {
  await using fixture = open();
  const { identify, endpoint } = fixture;
  for (const name of ["sluice_admin", "__Host-sluice_admin"]) {
    const result = await identify.cookie(name, "opaque");
    assertEquals(result.kind === "refused" ? result.reason : result.kind, "not_configured");
  }
  assertEquals(endpoint.asked, []);
});

Deno.test("6.16 an endpoint that is gone leaves callers unknown, and nobody anonymous", async () => {
  await using fixture = open();
  await fixture.endpoint[Symbol.asyncDispose]();
  for (let i = 0; i < 8; i++) {
    assertEquals(await fixture.ask(`c${i}`), "unverified");
    await fixture.clock.advance(500);
  }
});

Deno.test("6.16 requests with the same cookie share one question", async () => {
  await using fixture = open();
  const answers = await Promise.all(Array.from({ length: 50 }, () => fixture.ask()));
  assertEquals(answers, Array.from({ length: 50 }, () => IDENTITY));
  assertEquals(fixture.endpoint.asked.length, 1);
});

Deno.test("6.16 at most 32 questions are open at a time, and others wait for their turn", async () => {
  await using fixture = open();
  const { endpoint } = fixture;
  endpoint.hang();
  const asking = Array.from({ length: 40 }, (_, i) => fixture.ask(`c${i}`));
  await until(() => endpoint.asked.length === 32, "the requests");
  endpoint.answer(answerUser); // answers the first 32 with null
  const answers = await Promise.all(asking);
  assertEquals(answers.filter((answer) => answer === "unverified"), []);
  assertEquals(answers.slice(32), Array.from({ length: 8 }, () => IDENTITY));
});

Deno.test("6.16 who waits longer than two seconds for a turn is unknown", async () => {
  await using fixture = open();
  const { clock, endpoint } = fixture;
  endpoint.hang();
  const asking = Array.from({ length: 40 }, (_, i) => fixture.ask(`c${i}`));
  await until(() => endpoint.asked.length === 32, "the requests");
  await clock.advance(2_000);
  assertEquals(await Promise.all(asking), Array.from({ length: 40 }, () => "unverified"));
  endpoint.answer(answerUser);
  await clock.advance(2_000);
  assertEquals(await fixture.ask("later"), IDENTITY);
});

async function sign(payload: JWTPayload): Promise<string> {
  return await new SignJWT(payload).setProtectedHeader({ alg: "HS256" })
    .sign(new TextEncoder().encode(SECRET));
}

Deno.test("6.16 the endpoint is not asked about tokens that the settings have a key for, nor bearers", async () => {
  const token = await sign({ sub: "u" });
  await using fixture = open(answerUser, { secret: SECRET });
  assertEquals(await fixture.ask(token), {
    userId: "u",
    role: null,
    creatorId: null,
    brandId: null,
  });
  assertEquals(await fixture.ask(`${token}x`), ["signature", "its signature is wrong"]);
  assertEquals(show(await fixture.identify.all("opaque")), ["malformed", "it is not a valid JWT"]);
  assertEquals(fixture.endpoint.asked, []);
  assertEquals(await fixture.ask("a.b.c"), IDENTITY);
  await using other = open();
  assertEquals(await other.ask(token), IDENTITY);
  assertEquals(await other.ask("eyJhbGciOiJkaXIi..a.b.c"), IDENTITY);
});

Deno.test("6.16 cookies that begin with the same text have sessions of their own", async () => {
  await using fixture = open(({ headers }) =>
    Response.json({ user: { id: headers.get("cookie")?.includes("alice") ? "alice" : "bob" } })
  );
  const find = createFindCookies([NAME]);
  for (const name of ["alice", "bob", "alice"]) {
    for (const value of [`["v1","${name}"]`, `{"access_token":"v1","session":"${name}"}`]) {
      const tokens = readTokens(new Headers({ cookie: `${NAME}=${value}` }), find);
      assertEquals(tokens.map(({ text }) => text), ["v1"]);
      const result = await fixture.identify.identify(tokens);
      assertEquals(result.kind === "identified" ? result.identity.userId : result.kind, name);
    }
  }
  assertEquals(fixture.endpoint.asked.length, 4);
});

Deno.test("6.16 a bearer is never taken for a cookie that is remembered", async () => {
  await using fixture = open();
  assertEquals(await fixture.ask("opaque"), IDENTITY);
  const bearer = await fixture.identify.all(`${NAME}=opaque`);
  assertEquals(bearer.kind === "refused" ? bearer.reason : bearer.kind, "not_configured");
});

Deno.test("6.16 a cookie longer than 32,768 characters is not sent on", async () => {
  await using fixture = open();
  assertEquals(await fixture.ask("x".repeat(32_768)), [
    "too_long",
    "it is longer than 32768 characters",
  ]);
  assertEquals(fixture.endpoint.asked, []);
});
