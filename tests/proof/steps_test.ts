import { assertEquals } from "../assert.ts";
import { Fleet } from "../e2e/fleet.ts";
import { killAtSteps } from "./steps.ts";

Deno.test("a kill at any named step leaves a known state, which the next commands mend", async () => {
  await killAtSteps();
});

Deno.test("no file of the program sets a fault point's listener", () => {
  const users: string[] = [];
  const look = (folder: string): void => {
    for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, import.meta.url))) {
      if (isDirectory) look(`${folder}${name}/`);
      else if (Deno.readTextFileSync(new URL(folder + name, import.meta.url)).includes(SETTER)) {
        users.push(name);
      }
    }
  };
  look("../../src/");
  if (Deno.readTextFileSync(new URL("../../mod.ts", import.meta.url)).includes(SETTER)) {
    users.push("mod.ts");
  }
  assertEquals(users, ["fault_point.ts"]);
});

const SETTER = "onFaultPoint";

Deno.test("fault points are off in ftl itself, whatever the environment says", async () => {
  await using fleet = await Fleet.start();
  const file = await fleet.pack("a.tgz", { v: "1" });
  const env = { PROVE_KILL_AT: "upload-completed", PROVE_CLOCK: "1000" };
  const { code, stderr } = await fleet.ftl(["spool", file], { env });
  assertEquals(code, 0, stderr);
});
