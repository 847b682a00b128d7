import { assertEquals } from "../../support/assert.ts";
import { parseQuery, toPixelEvent } from "../../../src/http/routes/pixel.ts";
import { trackEventSchema } from "../../../src/events/schema.ts";

function event(query: string) {
  return toPixelEvent(new URLSearchParams(query));
}

Deno.test("1.7 the pixel reads an event's fields by name", () => {
  const fields = {
    eventType: "email_opened",
    source: "system",
    entityId: "cjld2cjxh0000qzrmn831i7rn",
    entityType: "post",
    sessionId: "7d5e2b1c-9a3f-4c6d-8e1b-2f4a6c8e0b1d",
    idempotencyKey: "11111111-1111-4111-8111-111111111111",
  };
  const taken = event(new URLSearchParams(fields).toString());
  assertEquals(taken, fields);
  assertEquals(trackEventSchema.safeParse(taken).success, true);
});

Deno.test("the pixel reads utm_… as attribution", () => {
  const query = "utm_source=mail&utm_medium=m&utm_campaign=c&utm_term=t&utm_content=x";
  assertEquals(event(query), {
    attribution: {
      utmSource: "mail",
      utmMedium: "m",
      utmCampaign: "c",
      utmTerm: "t",
      utmContent: "x",
    },
  });
});

Deno.test("1.17 the pixel reads a query that is not UTF-8 as Windows-1252", () => {
  const queries = {
    "?name=Jos%C3%A9&city=K%c3%b6ln": "name=José city=Köln",
    "?name=Jos%E9&city=K%f6ln&price=%80": "name=José city=Köln price=€",
    "?a=%EF%BF%BD&b=100%&c=%zz": "a=\ufffd b=100% c=%zz",
    "?a=%F0%9F%98&b=1+2": "a=ðŸ˜ b=1 2",
  };
  for (const [query, expected] of Object.entries(queries)) {
    const read = [...parseQuery(query)].map((pair) => pair.join("=")).join(" ");
    assertEquals(read, expected);
  }
});

Deno.test("the pixel reads everything else as props, decoded", () => {
  assertEquals(event("eventType=email_opened&campaign=a%20b%26c&empty=&utm_id=7"), {
    eventType: "email_opened",
    props: { campaign: "a b&c", empty: "", utm_id: "7" },
  });
});

Deno.test("the pixel uses the last of several values", () => {
  assertEquals(event("eventType=a&eventType=b&x=1&x=2&utm_term=t&utm_term=u"), {
    eventType: "b",
    props: { x: "2" },
    attribution: { utmTerm: "u" },
  });
});

Deno.test("the pixel reads an empty event from an empty query", () => {
  assertEquals(event(""), {});
});

Deno.test("a pixel's query cannot replace props or attribution as a whole", () => {
  assertEquals(event("props=x&attribution=y"), { props: { props: "x", attribution: "y" } });
});

for (const name of ["constructor", "toString", "hasOwnProperty", "__proto__"]) {
  Deno.test(`4.6 a query's ${name} is a prop like any other`, () => {
    const expected = { props: Object.fromEntries([[name, "x"]]) };
    assertEquals(JSON.stringify(event(`${name}=x`)), JSON.stringify(expected));
  });
}
