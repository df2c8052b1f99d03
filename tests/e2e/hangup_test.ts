/** What started FTL may want the hang-up of a terminal to be ignored, as nohup(1) does. */
import { assertEquals } from "../assert.ts";
import { Fleet, idOf, programLine } from "./fleet.ts";

Deno.test("SIGHUP does not end a sync that was started with it ignored", async () => {
  await using fleet = await Fleet.start();
  const web = fleet.machine("web", ["a"]);
  const revision = await fleet.spool("a.tgz", {
    // And the script that waits for it to have been heard has not been ended either.
    "post-sync.sh":
      '#!/bin/sh\nkill -s HUP "$FTL_PID" && kill -s HUP "$FTL_PID" && "$PROBE" list\n',
  });
  await fleet.ok(["jump", "--master", revision]);
  const probe = fleet.folder.write(
    "probe",
    `#!/bin/sh\nexec ${programLine().join(" ")} "$@"\n`,
    0o755,
  );
  const { code, stderr } = await new Deno.Command("/bin/sh", {
    args: ["-c", `trap '' HUP; exec ${programLine().join(" ")} sync`],
    env: { ...fleet.env, FTL_ROOT: web.root, PROBE: probe },
    clearEnv: true,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  assertEquals(web.link("a/current"), `revs/${idOf(revision)}`);
});
