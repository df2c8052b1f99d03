/** A revision is on the disk before it can be seen. */
import { assert, assertEquals, assertMatch } from "../assert.ts";
import { STRACE, testWith } from "../required_program.ts";
import { Fleet, idOf, programLine } from "./fleet.ts";

testWith(
  STRACE,
  "a revision is flushed, then renamed, then its folder is flushed, then its state is written",
  async () => {
    await using fleet = await Fleet.start();
    const web = fleet.machine("web", ["a"]);
    const id = idOf(await fleet.spool("a.tgz", { "folder/file": "1" }));
    const tool = fleet.folder.write("traced", TRACED, 0o755);
    const trace = `${fleet.folder.path}/trace`;
    const { success, stderr } = await new Deno.Command(tool, {
      args: [trace, ...programLine(), "sync"],
      env: { ...fleet.env, FTL_ROOT: web.root },
    }).output();
    assert(success, new TextDecoder().decode(stderr));

    const calls = completeCalls(Deno.readTextFileSync(trace));
    const find = (pattern: RegExp, after = 0): number => {
      const place = calls.findIndex((call, i) => i >= after && pattern.test(call));
      assert(place >= 0, `no ${pattern} after call ${after}:\n${calls.join("\n")}`);
      return place;
    };
    const staged = `${web.root}/a/.ftl/staging/${id}`;
    const written = find(new RegExp(`open.*${staged}/folder/file`));
    const flushed = find(/syncfs\(.*\) += 0/, written);
    const renamed = find(new RegExp(`rename.*${staged}", .*a/revs/${id}"`), flushed);
    const folderFlushed = find(new RegExp(`fsync\\(\\d+<${web.root}/a/revs>\\)`), renamed);
    const state = find(new RegExp(`rename.*state/${id}.json"\\) = 0`), folderFlushed);
    find(new RegExp(`fsync\\(\\d+<${web.root}/a/.ftl/state>\\)`), state);
    assertMatch(calls[state - 1] ?? "", /fsync|fdatasync/, "the state file itself is flushed");
    assertEquals(calls.filter((call) => call.includes("syncfs(")).length, 1);
    const lateWrites = calls.slice(flushed).filter((call) => call.includes(`${staged}/`));
    assertEquals(lateWrites, []);
  },
);

const TRACED = `#!/bin/sh
trace=$1; shift
exec strace -f -y -qq -o "$trace" -e signal=none \\
  -e trace=openat,rename,renameat,renameat2,fsync,fdatasync,syncfs "$@"
`;

/** Calls in the order of their ends. strace splits a call in two if another thread comes between. */
function completeCalls(trace: string): string[] {
  const begun = new Map<string, string>();
  const calls: string[] = [];
  for (const line of trace.split("\n")) {
    const [, pid = "", text = ""] = /^(\d+) +(.*)$/.exec(line) ?? [];
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(text);
    if (text.endsWith("<unfinished ...>")) begun.set(pid, text.slice(0, -16).trimEnd());
    else calls.push(resumed === null ? text : `${begun.get(pid) ?? ""}${resumed[1]}`);
  }
  return calls.filter((call) => !/openat.*O_RDONLY/.test(call));
}
