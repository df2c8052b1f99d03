/** The names of machines and of their groups. */
import { assert } from "./assert.ts";
import { isMachineName } from "../src/machine_name.ts";

Deno.test("a group's name has no space, comma or slash, and at most 128 characters", () => {
  for (const name of ["canary", "eu-west-1a", "a.b:c@d_e", "x".repeat(128)]) {
    assert(isMachineName(name), name);
  }
  for (const name of ["", "a b", "a,b", "a/b", "a=b", "\u00fc", "a\n", "x".repeat(129)]) {
    assert(!isMachineName(name), name);
  }
});
