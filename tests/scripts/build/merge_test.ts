import { assertEquals } from "../../assert.ts";
import { importsToAdd } from "../../../scripts/build/merge.ts";

type Inputs = Parameters<typeof importsToAdd>[0];

/** All three commands need `names`, and two of them `state`. */
function added(
  { state, weights = {}, format = "esm" }: {
    state: number;
    weights?: Readonly<Record<string, number>>;
    format?: "esm" | "cjs";
  },
): Record<string, string[]> {
  const inputs: Inputs = {
    entry: moduleWith({ lazily: ["list", "sync", "jump"] }),
    list: moduleWith({ now: ["names"] }),
    sync: moduleWith({ now: ["names", "state"] }),
    jump: moduleWith({ now: ["names", "state"] }),
    names: moduleWith({}),
    state: { ...moduleWith({}), format },
  };
  const sizes = new Map([...Object.keys(inputs).map((path) => [path, 10] as const), [
    "state",
    state,
  ]]);
  const found = importsToAdd(inputs, {
    entry: "entry",
    sizes,
    weights: new Map(Object.entries(weights)),
  });
  return Object.fromEntries([...found].map(([path, modules]) => [path, [...modules].sort()]));
}

function moduleWith(
  { now = [], lazily = [] }: { now?: readonly string[]; lazily?: readonly string[] },
): Inputs[string] {
  return {
    bytes: 1,
    imports: [
      ...now.map((path) => ({ path, kind: "import-statement" as const })),
      ...lazily.map((path) => ({ path, kind: "dynamic-import" as const })),
    ],
  };
}

const NOTHING = { list: ["entry"], sync: ["entry"], jump: ["entry"] };

Deno.test("importsToAdd() lets a command load a small module that it does not need, for one file less", () => {
  assertEquals(added({ state: 100 }), { ...NOTHING, list: ["entry", "state"] });
});

Deno.test("importsToAdd() keeps a large module away from who does not need it", () => {
  assertEquals(added({ state: 50_000 }), NOTHING);
});

Deno.test("importsToAdd() heeds whose start counts more", () => {
  assertEquals(added({ state: 2_000 }).list, ["entry", "state"]);
  assertEquals(added({ state: 2_000, weights: { list: 20 } }), NOTHING);
});

Deno.test("importsToAdd() never loads a CommonJS module for who does not need it", () => {
  assertEquals(added({ state: 100, format: "cjs" }), NOTHING);
});
