import { assert, assertEquals } from "../../../assert.ts";
import { problemOf } from "../../../documents.ts";
import { COMMANDS } from "../../../../src/cli/commands.ts";
import { ERROR_FORM, FORMS, jsonSchema } from "../../../../scripts/reference/schema/documents.ts";
import type { Form } from "../../../../scripts/reference/schema/shape.ts";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const EXAMPLES: readonly (readonly [name: string, form: Form])[] = [
  ...Object.entries(FORMS).flatMap(([name, forms]) => forms.map((form) => [name, form] as const)),
  ["error", ERROR_FORM],
];

function documentOf(name: string, { example }: Form): { [key: string]: Json } {
  const command = name === "error" ? "jump" : name;
  return structuredClone({ schema: 1, command, ...example }) as { [key: string]: Json };
}

/** Only statements of policies and rules of buckets have keys that may be left out. */
const OPTIONAL = new Set(["Condition", "Expiration"]);

/** Every document that differs from this one by a key that is missing, or by one too many. */
function* spoilt(json: Json): Generator<[what: string, json: Json]> {
  if (typeof json !== "object" || json === null) return;
  if (Array.isArray(json)) {
    for (const [i, item] of json.entries()) {
      for (const [what, other] of spoilt(item)) yield [`[${i}]${what}`, json.with(i, other)];
    }
    return;
  }
  for (const [key, value] of Object.entries(json)) {
    const { [key]: _gone, ...others } = json;
    if (!OPTIONAL.has(key)) yield [`.${key} is missing`, others];
    for (const [what, other] of spoilt(value)) yield [`.${key}${what}`, { ...json, [key]: other }];
  }
  yield [" has one more key", { ...json, more: null }];
}

Deno.test("every example of the reference is a document by the schema", () => {
  for (const [name, form] of EXAMPLES) {
    assertEquals(problemOf(name, documentOf(name, form)), undefined, `${name}: ${form.of}`);
  }
});

Deno.test("a document with a key too few or too many is refused, however deep it is", () => {
  let count = 0;
  for (const [name, form] of EXAMPLES) {
    for (const [what, document] of spoilt(documentOf(name, form))) {
      assert(problemOf(name, document) !== undefined, `${form.of}: document${what}`);
      count++;
    }
  }
  assert(count > 200, String(count));
});

const WRONG: readonly (readonly [name: string, key: string, value: Json])[] = [
  ["jump", "schema", 2],
  ["jump", "command", "jump-back"],
  ["jump", "revision", "VZ5vQk8aR4G"],
  ["jump", "revision", null],
  ["jump", "from", "VZ5vQk8aR4G"],
  ["purge", "removed", ["VZ5vQk8aR4G"]],
  ["spool", "size", -1],
  ["spool", "size", 1.5],
  ["spool", "sha256", "9f86"],
  ["error", "error", { message: "m", hint: null, exitCode: 0 }],
  ["error", "command", "rollback"],
  ["list", "master", null],
];

Deno.test("a value of another kind is refused: an id in the place of a name, too", () => {
  for (const [name, key, value] of WRONG) {
    const form = name === "error" ? ERROR_FORM : FORMS[name]?.[0];
    assert(form !== undefined);
    const document = { ...documentOf(name, form), [key]: value };
    assert(problemOf(name, document) !== undefined, JSON.stringify(document));
  }
});

Deno.test("docs/schema.json is what the tables of the code say", () => {
  const stored = Deno.readTextFileSync(new URL("../../../../docs/schema.json", import.meta.url));
  assertEquals(JSON.parse(stored), jsonSchema(), "run: deno task reference");
});

Deno.test("the schema knows every command", () => {
  assertEquals(Object.keys(FORMS), [...COMMANDS.map(({ name }) => name), "version"]);
  assertEquals(
    problemOf("sync", { schema: 1, command: "sync", dryRun: false, packages: [] }),
    undefined,
  );
});
