import { assert, assertMatch } from "../assert.ts";
import { pollByMany } from "./polling.ts";
import { newSeed } from "../random.ts";
import { deployToMany } from "./thousand.ts";

Deno.test("each machine of a fleet asks three times for a deployment, and once for nothing, with 0.1.0 among them", async () => {
  await deployToMany({ machines: 40, splay: 1, older: 40 });
});

Deno.test("a fleet that polls sees all in time, and 5,000 machines cost less than 200 US$ a month", async () => {
  // In so short a time chance would matter: with this seed it is always the same.
  await pollByMany({ seed: 1, machines: 22, minutes: 15 });
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
