/** How long a machine stays on a revision whose health has failed. */
import type { Case } from "./case.ts";
import { capture, type Measured, pipeline } from "./programs.ts";
import type { Stage } from "./stage.ts";

const PACKAGE = "rollback";

/** Each script writes when it begins, in nanoseconds. The health of the revision `bad` fails for certain. */
const SCRIPT = `#!/bin/sh
date +%s%N > "$FTL_SHARED/$FTL_HOOK"
[ "$FTL_HOOK $(cat version)" != 'health bad' ] || exit 100
`;

/** Milliseconds from the start of the health that fails to the `post-jump` of the revision that ran before. */
export function rollbackCase(stage: Stage): Case {
  const root = `${stage.folder}/${PACKAGE}`;
  return {
    name: "rollback",
    title: "a failed health, until the old revision is active and started again",
    targets: [{ measure: "ms", of: "back again", atMost: 1000 }],
    prepare: async () => {
      stage.machine(PACKAGE, [PACKAGE]);
      const good = await spoolVersion(stage, "good");
      await capture(stage.ftl(["jump", "--master", good]));
      const bad = await spoolVersion(stage, "bad");
      await capture(stage.ftl(["sync", "--quiet"], root));
      const run = async (): Promise<Measured> => {
        const { command, env = {} } = stage.ftl(["jump", bad, "--quiet"], root);
        const { code } = await new Deno.Command(command[0] ?? "", {
          ...{ args: command.slice(1), env, stdin: "null", stdout: "null", stderr: "null" },
        }).output();
        if (code !== 6) throw new Error(`${command.join(" ")}: exit ${code} instead of 6`);
        const at = (step: string): number =>
          Number(Deno.readTextFileSync(`${root}/${PACKAGE}/shared/${step}`)) / 1e6;
        return { ms: at("post-jump") - at("health"), peak: undefined, cpu: undefined };
      };
      return [{ name: "back again", run }];
    },
    clean: () => stage.empty(PACKAGE),
  };
}

async function spoolVersion(stage: Stage, version: string): Promise<string> {
  const folder = `${stage.folder}/${PACKAGE}-${version}`;
  Deno.mkdirSync(folder, { recursive: true });
  Deno.writeTextFileSync(`${folder}/version`, version);
  for (const step of ["health", "post-jump"]) {
    Deno.writeTextFileSync(`${folder}/${step}.sh`, SCRIPT, { mode: 0o755 });
  }
  const archive = `${stage.folder}/${PACKAGE}.tgz`;
  await capture({ command: pipeline(`tar -czf ${archive} -C ${folder} .`) });
  return await stage.spool(archive);
}
