/** The property tests of hostile input, which `deno task prove` runs with fifty times as many inputs. */
import type { Figures } from "./lab.ts";

/** In `tests/proof/`. */
export const PROPERTY_FILES: readonly string[] = [
  "hostile_test.ts",
  "hostile_objects_test.ts",
  "hostile_signatures_test.ts",
  "hostile_state_test.ts",
];

/** What the names of properties begin with. `hostile_properties_test.ts` finds one that does not. */
export const PROPERTY_NAMES = /^(any|a new id|no plan)/;

const INPUTS = 100_000;

/** Throws an Error with what the tests have printed, if one fails. */
export async function tryProperties({ seed }: { seed: number }): Promise<Figures> {
  const files = PROPERTY_FILES.map((name) => new URL(name, import.meta.url).pathname);
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "--quiet", "--allow-all", "--filter", `${PROPERTY_NAMES}`, ...files],
    env: { PROVE_INPUTS: String(INPUTS), PROVE_SEED: String(seed) },
  }).output();
  const said = new TextDecoder().decode(stdout);
  if (!success) throw new Error(said);
  const properties = Number(/(\d+) passed/.exec(said)?.[1]);
  return { properties, "inputs each, a tenth of it or less where they sync": INPUTS };
}
