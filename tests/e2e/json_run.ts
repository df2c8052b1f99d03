/** Runs commands with `--json`. */
import { assertEquals } from "../assert.ts";
import { type Document, readDocument } from "../documents.ts";
import { type Ran } from "./fleet.ts";

export interface Runner {
  ftl(args: readonly string[], options?: { env: Record<string, string> }): Promise<Ran>;
}

/** Runs a command and returns the document that it must print. */
export async function document(
  runner: Runner,
  args: readonly string[],
  code = 0,
): Promise<Document> {
  const ran = await runner.ftl([...args, "--json"]);
  assertEquals(ran.code, code, `ftl ${args.join(" ")}: ${ran.stderr}`);
  return readDocument(args[0] ?? "help", ran.stdout);
}
