import * as fc from "fast-check";
import {
  assert,
  assertEquals,
  assertLess,
  assertNotMatch,
  assertStringIncludes,
} from "../support/assert.ts";
import { describeJsonProblem } from "../../src/http/json_problem.ts";

const NOT_A_NUMBER = "which JSON does not have; send null or leave the field out";

const problems: readonly (readonly [text: string, problem: string])[] = [
  ["", "it is empty"],
  [" \n", "it is empty"],
  ["\0{\0}", "it seems to be UTF-16 or UTF-32, without a charset; send UTF-8"],
  ["eventType=page_viewed&x=1", "it looks like a form"],
  ['{"eventType":"a","props":{"n":NaN}}', `line 1, column 31, in props.n: NaN, ${NOT_A_NUMBER}`],
  ['{"props":{"n":-Infinity}}', `line 1, column 15, in props.n: -Infinity, ${NOT_A_NUMBER}`],
  ['{"props":undefined}', `line 1, column 10, in props: undefined, ${NOT_A_NUMBER}`],
  [
    '{"events":[{"eventType":"a"},\n{"eventType":"b",\n "props":{"list":[1,{"n":NaN}]}}]}',
    `line 3, column 26, in events[1].props.list[1].n: NaN, ${NOT_A_NUMBER}`,
  ],
  ['{"a":None}', "line 1, column 6, in a: None, which JSON does not have; send null"],
  ['{"a":True}', "line 1, column 6, in a: True, which JSON does not have; send true"],
  ['{"a":1,}', "line 1, column 8: a comma before }, which JSON does not have"],
  [
    '{"events":[{"a":1},]}',
    "line 1, column 20, in events[1]: a comma before ], which JSON does not have",
  ],
  ["{'a':1}", "line 1, column 2: single quotes; JSON has only double quotes"],
  ["{\"a\":'x'}", "line 1, column 6, in a: single quotes; JSON has only double quotes"],
  ["{a:1}", "line 1, column 2: a key without double quotes"],
  ['{"a":hello}', "line 1, column 6, in a: a value without quotes"],
  ['{"a" 1}', "line 1, column 6, in a: a colon is missing after a key"],
  ['{"a":}', "line 1, column 6, in a: a value is missing before }"],
  ['{"a":1 "b":2}', "line 1, column 8: a comma or } is missing"],
  ["[1 2]", "line 1, column 4: a comma or ] is missing"],
  ['{"a":1 // one\n}', "line 1, column 8: a comma or } is missing"],
  ["// one\n{}", "line 1, column 1: a comment, which JSON does not have"],
  [
    '{"a":01}',
    "line 1, column 6, in a: a number that JSON does not have, such as +1, 01, .5 or 0xff",
  ],
  [
    '{"a":1.}',
    "line 1, column 6, in a: a number that JSON does not have, such as +1, 01, .5 or 0xff",
  ],
  ['{"a":"x\ny"}', "line 1, column 8, in a: a line break in a text; JSON has \\n"],
  ['{"a":"\t"}', "line 1, column 7, in a: a control character in a text; JSON has \\t and \\u0000"],
  [
    '{"a":"C:\\dir"}',
    "line 1, column 10, in a: an escape that JSON does not have; a backslash is \\\\",
  ],
  ['{"a":[1,', "line 1, column 9, in a[1]: the end; the text is not complete"],
  ['{"a":"x', "line 1, column 8, in a: the end; the text is not complete"],
  ['{"a":"\\', "line 1, column 8, in a: the end; the text is not complete"],
  [
    '{"eventType":"a"}\n{"eventType":"b"}',
    'line 2, column 1: text after the end of the JSON; several events are {"events": […]}',
  ],
  [
    "[".repeat(100_000),
    "line 1, column 102, in " + "[0]".repeat(101).slice(-80) + ": nesting too deep",
  ],
  [`{"${"k".repeat(90)}":{"a b":NaN}}`, `line 1, column 102, in ….…: NaN, ${NOT_A_NUMBER}`],
];

for (const [text, problem] of problems) {
  Deno.test(`1.18 ${JSON.stringify(text.slice(0, 40))}: ${problem.slice(0, 60)}`, () => {
    assertEquals(describeJsonProblem(text), problem);
  });
}

Deno.test("1.18 a problem never repeats a value, not even one without quotes", () => {
  const secret = "s3cr3tT0ken";
  for (
    const text of [
      `{"a":${secret}}`,
      `{"a":"${secret}`,
      `{${secret}:1}`,
      `{"a":-${secret}}`,
      secret,
    ]
  ) {
    assertNotMatch(describeJsonProblem(text), /s3cr3t/);
  }
});

Deno.test("1.18 whatever JSON.parse rejects has a short description, and only that", () => {
  const damaged = fc.json().chain((json) =>
    fc.tuple(fc.nat({ max: json.length }), fc.string({ maxLength: 3 }), fc.nat({ max: 2 }))
      .map(([at, text, dropped]) => json.slice(0, at) + text + json.slice(at + dropped))
  );
  fc.assert(
    fc.property(fc.oneof(damaged, fc.string()), (text) => {
      const description = describeJsonProblem(text);
      let isJson = true;
      try {
        JSON.parse(text);
      } catch {
        isJson = false;
      }
      if (isJson) assertEquals(description, "it cannot be parsed");
      else assert(description !== "it cannot be parsed", JSON.stringify(text));
      assertLess(description.length, 250);
    }),
    { numRuns: 5_000 },
  );
});

Deno.test("1.18 a megabyte is described in a moment", () => {
  const text = `{"events":[${'{"eventType":"a","props":{"text":"abc"}},'.repeat(25_000)}NaN]}`;
  const startedAt = performance.now();
  assertStringIncludes(describeJsonProblem(text), "in events[25000]: NaN");
  assertLess(performance.now() - startedAt, 10_000);
});
