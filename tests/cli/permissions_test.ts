/** Which permissions a command line keeps. `tests/e2e/permissions_test.ts` tries what they allow. */
import { assert, assertEquals } from "../assert.ts";
import { parseArguments } from "../../src/cli/arguments.ts";
import { COMMANDS } from "../../src/cli/commands.ts";
import {
  ALL,
  concernsFtl,
  type Programs,
  type ScopeName,
  scopeOf,
  SCOPES,
} from "../../src/cli/permissions.ts";
import { AWS_VARIABLES } from "../../src/bucket/aws/settings.ts";
import { SETTINGS, SYSTEM_VARIABLES } from "../../src/config.ts";

const CASES: readonly (readonly [line: string, scope: ScopeName, withProgram: ScopeName])[] = [
  ["", "nothing", "nothing"],
  ["help", "nothing", "nothing"],
  ["--version", "nothing", "nothing"],
  ["setup cron", "nothing", "nothing"],
  ["completions fish", "nothing", "nothing"],
  ["sync --help", "nothing", "nothing"],
  ["list", "look", "look"],
  ["purge a.VZ5vQk8aR4G --dry-run", "look", "look"],
  ["purge a.VZ5vQk8aR4G", "change", "change"],
  ["jump a.VZ5vQk8aR4G", "change", "change"],
  ["jump-back a", "change", "change"],
  ["spool a.tgz", "spool", "writes-with-programs"],
  ["spool dist --name a --exclude x --exclude y", "spool", "writes-with-programs"],
  ["spool --no-delta a.tgz", "spool", "writes-with-programs"],
  ["status", "master", "master-with-programs"],
  ["fleet a --wait 15m", "master", "master-with-programs"],
  ["sync --dry-run", "master", "master-with-programs"],
  ["list --master", "master", "master-with-programs"],
  ["jump --master a.VZ5vQk8aR4G", "master", "master-with-programs"],
  ["jump-back --master a", "master", "master-with-programs"],
  ["purge --master a.VZ5vQk8aR4G --dry-run", "master", "master-with-programs"],
  ["history a", "master", "master-with-programs"],
  ["verify", "master", "master-with-programs"],
  ["verify --master a", "master", "master-with-programs"],
  ["verify --master a --show new", "show", "writes-with-programs"],
  ["doctor", "doctor", "writes-with-programs"],
  ["sync", "sync", "sync"],
];

const NO_PROGRAMS: Programs = { credentialProcess: () => false, signer: () => false };

Deno.test("scopeOf() gives a command line no more than it needs", () => {
  for (const [line, plain, withProgram] of CASES) {
    const parsed = parseArguments(line.split(" ").filter((word) => word !== ""));
    assertEquals(scopeOf(parsed, NO_PROGRAMS), plain, line);
    assertEquals(
      scopeOf(parsed, { ...NO_PROGRAMS, credentialProcess: () => true }),
      withProgram,
      line,
    );
  }
  const tried = CASES.map(([line]) => line.split(" ")[0]);
  for (const { name } of COMMANDS) assert(tried.includes(name), `${name} has no case`);
});

Deno.test("scopeOf() reads no AWS profile for a command that uses neither S3 nor the profile", () => {
  for (const line of ["help", "list", "jump a.VZ5vQk8aR4G", "setup cron"]) {
    const asked = (): never => {
      throw new Error(`ftl ${line} asks for a program`);
    };
    scopeOf(parseArguments(line.split(" ")), { credentialProcess: asked, signer: asked });
  }
});

Deno.test("scopeOf() lets only those run a program to sign that sign", () => {
  const signing = ["jump --master a.VZ5vQk8aR4G", "jump-back --master a"];
  for (const [line, plain] of CASES) {
    const parsed = parseArguments(line.split(" ").filter((word) => word !== ""));
    const scope = scopeOf(parsed, { ...NO_PROGRAMS, signer: () => true });
    const expected = line.startsWith("spool ") ? "writes-with-programs" : plain;
    assertEquals(scope, signing.includes(line) ? "master-with-programs" : expected, line);
  }
});

Deno.test("no scope has a permission that the executable lacks", () => {
  for (const [name, permissions] of Object.entries(SCOPES)) {
    for (const permission of permissions) {
      assert(ALL.includes(permission), `${name}: ${permission}`);
    }
  }
});

Deno.test("FTL reads every variable of the tables, and no others", () => {
  const names = [
    ...Object.keys(SETTINGS),
    ...AWS_VARIABLES.map(({ name }) => name),
    ...SYSTEM_VARIABLES.flatMap(([names]) => names),
  ];
  for (const name of names) assert(concernsFtl(name), name);
  for (const name of ["SECRET_OF_ANOTHER_PROGRAM", "MY_FTL_ROOT", "HOMES"]) {
    assert(!concernsFtl(name), name);
  }
});
