import { assertThrows } from "../../assert.ts";
import { requireSmallStarts } from "../../../scripts/build/start_size.ts";

type Outputs = Parameters<typeof requireSmallStarts>[0];

function output(
  bytes: number,
  entryPoint: string | undefined,
  now: string[] = [],
): Outputs[string] {
  return {
    ...{ bytes, inputs: {}, exports: [] },
    ...(entryPoint === undefined ? {} : { entryPoint }),
    imports: [
      ...now.map((path) => ({ path, kind: "import-statement" as const })),
      { path: "lazy.js", kind: "dynamic-import" as const },
      { path: "node:fs", kind: "import-statement" as const, external: true },
    ],
  };
}

const OUTPUTS: Outputs = {
  "ftl.js": output(10, "mod.ts", ["shared.js"]),
  "sync.js": output(200, "src/sync.ts", ["shared.js", "chunk.js"]),
  "shared.js": output(3000, undefined, ["ftl.js"]),
  "chunk.js": output(40_000, undefined),
  "lazy.js": output(500_000, "src/lazy.ts"),
};

Deno.test("requireSmallStarts() counts each file once that is loaded at once, and no lazy one", () => {
  const sync = { what: "a sync", modules: ["mod.ts", "src/sync.ts"] };
  const each = { what: "each command", modules: ["mod.ts"], most: 3010 };
  requireSmallStarts(OUTPUTS, [each, { ...sync, most: 43_210 }]);
  assertThrows(
    () => requireSmallStarts(OUTPUTS, [each, { ...sync, most: 43_209 }]),
    Error,
    "a sync would parse 43210 bytes of JavaScript, more than 43209: ",
  );
});

Deno.test("requireSmallStarts() fails where a module is in no file of its own, as it would count nothing", () => {
  const start = { what: "a sync", modules: ["mod.ts", "src/moved.ts"], most: 1e9 };
  const message = "src/moved.ts is not in a file of its own any more";
  assertThrows(() => requireSmallStarts(OUTPUTS, [start]), Error, message);
});
