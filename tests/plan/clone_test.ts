/** Whether a package was copied from another machine. */
import { assertEquals } from "../assert.ts";
import {
  type IdentitySource,
  type MachineIdentity,
  type Origin,
  originOf,
} from "../../src/plan/clone.ts";

/** `machine from source on host`. */
function identity(text: string): MachineIdentity {
  const [machine = "", source, host = ""] = text.split(/ from | on /);
  return { machine, source: source as IdentitySource, host };
}

const ME = "i-2 from cloud-init on web";

const CASES: readonly [what: string, stored: string | undefined, me: string, is: Origin][] = [
  ["a package of FTL 0.1.0", undefined, ME, "new"],
  ["nothing has changed", ME, ME, "same"],
  ["the host has another name", "i-2 from cloud-init on other", ME, "new"],
  ["another source gives the same name", "i-2 from FTL_MACHINE on web", ME, "new"],
  ["an instance from an image", "i-1 from cloud-init on builder", ME, "copy"],
  ["an image that sets the host's name", "i-1 from cloud-init on web", ME, "copy"],
  ["both found out by themselves", "i-1 from instance metadata on builder", ME, "copy"],
  ["built by hand, with a name", "golden from FTL_MACHINE on builder", ME, "copy"],
  ["FTL_MACHINE was set newly", ME, "web-1 from FTL_MACHINE on web", "new"],
  ["FTL_MACHINE was unset", "web-1 from FTL_MACHINE on web", ME, "new"],
  ["FTL_MACHINE has changed", "a from FTL_MACHINE on web", "b from FTL_MACHINE on web", "copy"],
  ["cloud-init is not ready", ME, "web from host name on web", "unclear"],
  ["cloud-init is not ready on a copy", ME, "other from host name on other", "unclear"],
  ["cloud-init is ready now", "web from host name on web", ME, "new"],
  ["only hosts' names", "web from host name on web", "db from host name on db", "copy"],
];

Deno.test("originOf() tells a copy from what has only another name now", () => {
  for (const [what, stored, me, is] of CASES) {
    const found = originOf(stored === undefined ? undefined : identity(stored), identity(me));
    assertEquals([what, found], [what, is]);
  }
});
