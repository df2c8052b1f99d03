/** How much of a script's output is passed on, and when. */
import { closeSync, openSync } from "node:fs";
import { ScriptOutput } from "../../../src/machine/scripts/output.ts";
import { FILE_LIMIT } from "../../../src/machine/scripts/log_folder.ts";
import { assert, assertEquals } from "../../assert.ts";
import { TempFolder } from "../../temp.ts";
import { Lab } from "./script_run.ts";

/** A log that grows when the test wants. */
class GrowingLog implements Disposable {
  readonly #folder = new TempFolder();
  readonly path = this.#folder.write("log", "");
  readonly #fd = openSync(this.path, "a+");
  readonly lines: string[] = [];
  readonly output = new ScriptOutput(this.#fd, {
    path: this.path,
    onLine: (text) => this.lines.push(text),
  });

  append(text: string): void {
    Deno.writeTextFileSync(this.path, text, { append: true });
  }

  async finish(): Promise<void> {
    await this.output.finish(() => Promise.resolve());
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
    this.#folder[Symbol.dispose]();
  }
}

Deno.test("lines are passed on as soon as they are complete, and the rest at the end", async () => {
  using log = new GrowingLog();
  log.append("one\ntw");
  log.output.turn();
  assertEquals(log.lines, ["one"]);
  log.append("o\n\nthr");
  log.output.turn();
  assertEquals(log.lines, ["one", "two", ""]);
  await log.finish();
  assertEquals(log.lines, ["one", "two", "", "thr"]);
});

Deno.test("a line without an end is passed on in pieces, cut between characters", async () => {
  using log = new GrowingLog();
  const line = "x" + "\u20ac".repeat(50_000);
  log.append(line);
  while (log.output.turn()) { /* until all is passed on */ }
  await log.finish();
  assert(log.lines.length > 1);
  assertEquals(log.lines.join(""), line);
});

Deno.test("one turn passes on a limited amount, however much there is", () => {
  using log = new GrowingLog();
  log.append("y\n".repeat(100_000));
  assertEquals([log.output.turn(), log.lines.length], [true, 1000]);
});

Deno.test("a flood passes on only its beginning and its end, and its log has a limit", async () => {
  using log = new GrowingLog();
  for (let written = 0; written < 3 * FILE_LIMIT; written += 1 << 20) {
    log.append("y\n".repeat(1 << 19));
    log.output.turn();
  }
  log.append("the end\n");
  await log.finish();
  assert(log.output.size <= FILE_LIMIT);
  assert(log.lines.length < 30_000);
  assertEquals([log.lines[0], log.lines.at(-1)], ["y", "the end"]);
  const told = log.lines.filter((line) => line.startsWith("[ftl]"));
  assertEquals(told.length, 1);
  assert(/^\[ftl\] \d+ bytes are not shown: see \//.test(told[0] ?? ""), told[0]);
});

Deno.test("output after the end of the script is not waited for", async () => {
  using log = new GrowingLog();
  log.append("before\n".repeat(5000));
  await log.output.finish(() => {
    log.append("after\n".repeat(5000));
    return Promise.resolve();
  });
  assertEquals(log.lines.length, 5000);
});

Deno.test("a script that floods is ended when its time is over", async () => {
  using lab = new Lab();
  lab.write(
    "post-sync.sh",
    "#!/bin/sh\nwhile :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done\n",
  );
  const { error, lines } = await lab.run("post-sync", { timeout: 1 });
  assertEquals(
    error?.message,
    "my_site.VZ5vQk8aR4G post-sync failed: it took longer than FTL_HOOK_TIMEOUT, 1 s",
  );
  assert(lines.length < 30_000, `${lines.length} lines`);
});
