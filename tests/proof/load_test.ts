import { assert, assertMatch } from "../assert.ts";
import { newSeed } from "./random.ts";
import { deployToMany } from "./thousand.ts";

Deno.test("each machine of a fleet asks three times for a deployment, and once for nothing", async () => {
  await deployToMany({ machines: 40, splay: 1 });
});

Deno.test("deployment after deployment, memory, open files and disk do not grow", async () => {
  // In a process of its own: other tests, beside this one, have files open too.
  const prove = new URL("../../scripts/prove.ts", import.meta.url).pathname;
  const options = ["--only", "soak", "--minutes", "0.1", "--seed", `${newSeed()}`];
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-all", prove, ...options],
  }).output();
  const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assert(success, said);
  assertMatch(said, /soak: \d+ deployments/);
});
