/** src/CONTRACT.md and those who cite it: every cited rule exists, every rule is cited by a test. */

import { assert, assertEquals } from "../support/assert.ts";
import { listFiles, readFile } from "./files.ts";

/** A rule, or a whole section, and the file that cites it. */
interface Citation {
  readonly rule: string;
  readonly path: string;
}

const RULE = String.raw`\d{1,2}\.\d{1,2}`;
/** `contract 5.1`, `contract 2.2–2.4`, `contract section 7`. */
const BY_NAME = new RegExp(
  String.raw`contract (?:sections? )?((?:\d+(?:\.\d+)?(?:, and |, | and |–)?)+)`,
  "gi",
);
/** `(5.1)` in a comment, or a docstring that begins with the number. */
const IN_COMMENT = new RegExp(String.raw`(?:\/\/|\*|--).* \((${RULE})\)|\/\*\* (${RULE}): `, "g");
/** `"5.1 a fingerprint …"`: the name of a test. */
const IN_TEST_NAME = new RegExp('["`]((?:' + RULE + ' )+)[^\\s"`]+ ', "g");

async function readRules(): Promise<string[]> {
  const text = await readFile("src/CONTRACT.md");
  const rules = text.matchAll(/^(?:- |\| )(\d+\.\d+) /gm);
  return [...new Set(rules.map(([, rule]) => rule ?? ""))];
}

function citationsIn(text: string, path: string): Citation[] {
  const unwrapped = text.replace(/\n[ \t]*(?:\*|\/\/|--)? */g, " ");
  const cited = [
    ...unwrapped.matchAll(BY_NAME),
    ...text.matchAll(IN_COMMENT),
    ...(path.startsWith("tests/") ? text.matchAll(IN_TEST_NAME) : []),
  ];
  return cited
    .flatMap(([, first, second]) => (first ?? second ?? "").match(/\d+(?:\.\d+)?/g) ?? [])
    .map((rule) => ({ rule, path }));
}

async function readCitations(folder: string, extension: string): Promise<Citation[]> {
  const paths = (await listFiles(folder, [extension])).filter((path) =>
    !path.endsWith("docs/contract_test.ts")
  );
  const found = await Promise.all(
    paths.map(async (path) => citationsIn(await readFile(path), path)),
  );
  return found.flat();
}

const rules = await readRules();
const inTests = [
  ...await readCitations("tests/", ".ts"),
  ...await readCitations("tests/", ".tsx"),
];
const inCode = [
  ...await readCitations("src/", ".ts"),
  ...await readCitations("src/", ".tsx"),
  ...await readCitations("migrations/", ".sql"),
];
const inDocuments = await readCitations("", ".md");

Deno.test("src/CONTRACT.md numbers its rules by section, in order and each once", async () => {
  const text = await readFile("src/CONTRACT.md");
  const sections = text.matchAll(/^## (\d+)\. /gm).map(([, section]) => Number(section)).toArray();
  assertEquals(sections, sections.map((_, i) => i + 1));
  const listed = text.matchAll(/^- (\d+\.\d+) /gm).map(([, rule]) => rule ?? "").toArray();
  assertEquals(listed, [...new Set(listed)]);
  assertEquals(listed, listed.toSorted((a, b) => a.localeCompare(b, "en", { numeric: true })));
});

Deno.test("every rule that code, tests, migrations and documents cite is in src/CONTRACT.md", () => {
  const known = new Set([...rules, ...rules.map((rule) => rule.replace(/\..*/, ""))]);
  const cited = [...inTests, ...inCode, ...inDocuments];
  assertEquals(cited.filter(({ rule }) => !known.has(rule)), []);
  assert(inCode.length > 40, `only ${inCode.length} citations were found in the code`);
});

Deno.test("a rule refers to others that exist", async () => {
  const text = await readFile("src/CONTRACT.md");
  const named = text.matchAll(/(?:\(|by | and |rule )(\d+\.\d+)\b/g).map(([, rule]) => rule ?? "");
  assertEquals(named.filter((rule) => !rules.includes(rule)).toArray(), []);
});

Deno.test("every rule of src/CONTRACT.md is cited by a test", () => {
  const cited = new Set(inTests.map(({ rule }) => rule));
  assertEquals(rules.filter((rule) => !cited.has(rule)), []);
});

Deno.test("a citation is recognised in comments and in names of tests, and nowhere else", () => {
  const text = [
    "// as contract 5.1 says",
    "/** Contract 2.2–2.4, and",
    " * (contract 5.3,",
    " * 5.4): keys. Only once (5.2) */",
    "/** 2.10: unexpected */",
    'test("6.1 6.2 a name with a number", () => {});',
    'const seconds = "1.5 s" + log(1.01) + half (2.5);',
  ].join("\n");
  assertEquals(
    citationsIn(text, "tests/x_test.ts").map(({ rule }) => rule),
    ["5.1", "2.2", "2.4", "5.3", "5.4", "5.2", "2.10", "6.1", "6.2"],
  );
});
