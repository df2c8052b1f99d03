import { assertEquals } from "../../assert.ts";
import { loadedBefore } from "../../../scripts/build/chunks.ts";

type Inputs = Parameters<typeof loadedBefore>[0];

/** Modules by name: what each imports at once, and what lazily. */
type Modules = Readonly<Record<string, { readonly now?: string[]; readonly lazily?: string[] }>>;

function inputsOf(modules: Modules): Inputs {
  return Object.fromEntries(
    Object.entries(modules).map(([name, { now = [], lazily = [] }]) => [name, {
      bytes: 1,
      imports: [
        ...now.map((path) => ({ path, kind: "import-statement" as const })),
        ...lazily.map((path) => ({ path, kind: "dynamic-import" as const })),
        { path: "node:fs", kind: "dynamic-import" as const, external: true },
      ],
    }]),
  );
}

function found(modules: Modules): Record<string, string[]> {
  const before = loadedBefore(inputsOf(modules), "entry");
  return Object.fromEntries([...before].map(([path, loaded]) => [path, [...loaded].sort()]));
}

Deno.test("loadedBefore() tells what every way to a lazy module has loaded", () => {
  assertEquals(
    found({
      entry: { now: ["words"], lazily: ["sync", "list"] },
      words: {},
      sync: { now: ["state"], lazily: ["fetch"] },
      list: { now: ["state"] },
      state: {},
      fetch: { lazily: ["tar"] },
      tar: {},
    }),
    {
      sync: ["entry", "words"],
      list: ["entry", "words"],
      fetch: ["entry", "state", "sync", "words"],
      tar: ["entry", "fetch", "state", "sync", "words"],
    },
  );
});

Deno.test("loadedBefore() leaves out what only one of two ways loads", () => {
  assertEquals(
    found({
      entry: { lazily: ["sync", "list"] },
      sync: { now: ["state"], lazily: ["bucket"] },
      list: { lazily: ["bucket"] },
      state: {},
      bucket: {},
    }).bucket,
    ["entry"],
  );
});

Deno.test("loadedBefore() comes to an end with lazy imports in a circle", () => {
  assertEquals(
    found({
      entry: { lazily: ["a"] },
      a: { lazily: ["b"] },
      b: { lazily: ["a"] },
    }),
    { a: ["entry"], b: ["a", "entry"] },
  );
});
