import { assertEquals } from "../assert.ts";
import { PROPERTY_FILES, PROPERTY_NAMES } from "./properties.ts";

/** A harness of its own, with its own number of inputs. */
const ARCHIVES = "10,000 broken archives are accepted or refused, and nothing gets out";

Deno.test("each property of hostile input is one that deno task prove runs at full length", () => {
  const here = new URL(".", import.meta.url);
  const files = [...Deno.readDirSync(here)].map(({ name }) => name).filter((name) => {
    return name.endsWith("_test.ts") &&
      /^import fc /m.test(Deno.readTextFileSync(new URL(name, here)));
  });
  assertEquals(files.sort(), [...PROPERTY_FILES].sort());
  const missed = files.flatMap((name) => {
    const text = Deno.readTextFileSync(new URL(name, here));
    return [...text.matchAll(/Deno\.test\(\s*["`](.*?)["`],/g)].map(([, found = ""]) => found);
  }).filter((name) => !PROPERTY_NAMES.test(name));
  assertEquals(missed, [ARCHIVES]);
});
