import { assertEquals, assertMatch, assertThrows } from "./assert.ts";
import { Config } from "../src/config.ts";
import { UsageError } from "../src/errors.ts";

Deno.test("Config has sound defaults", () => {
  const config = new Config({});
  assertEquals(
    [config.keep, config.lockWait, config.scriptTimeout, config.concurrency],
    [3, 60, 3600, 4],
  );
});

Deno.test("Config asks for a variable only when its value is needed, by its name", () => {
  const config = new Config({ FTL_ROOT: "" });
  assertMatch(assertThrows(() => config.bucket, UsageError, "FTL_BUCKET").hint ?? "", /export/);
  assertMatch(assertThrows(() => config.root, UsageError, "FTL_ROOT").hint ?? "", /export/);
});

Deno.test("Config refuses values that do not parse, naming the variable and the value", () => {
  const cases: [variable: string, value: string, read: (config: Config) => unknown][] = [
    ["FTL_KEEP", "-1", (config) => config.keep],
    ["FTL_KEEP", "three", (config) => config.keep],
    ["FTL_KEEP", "1e3", (config) => config.keep],
    ["FTL_LOCK_WAIT", "1.5", (config) => config.lockWait],
    ["FTL_HOOK_TIMEOUT", "0", (config) => config.scriptTimeout],
    ["FTL_CONCURRENCY", "0", (config) => config.concurrency],
    ["FTL_CONCURRENCY", "65", (config) => config.concurrency],
    ["FTL_ROOT", "srv/ftl", (config) => config.root],
    ["FTL_BUCKET", "s3://deploys", (config) => config.bucket],
    ["FTL_BUCKET", "deploys/web", (config) => config.bucket],
  ];
  for (const [variable, value, read] of cases) {
    const error = assertThrows(() => read(new Config({ [variable]: value })), UsageError, variable);
    assertMatch(error.message, new RegExp(`'${value}'`));
  }
});

Deno.test("Config takes a root without the slashes at its end", () => {
  assertEquals(new Config({ FTL_ROOT: "/srv/ftl//" }).root, "/srv/ftl");
});

Deno.test("Config refuses the root of the system, whose folders are no packages", () => {
  for (const root of ["/", "//", "/.", "/../", "/./.."]) {
    assertThrows(() => new Config({ FTL_ROOT: root }).root, UsageError, "the whole system");
  }
});
