/** What `ftl fleet` does with its arguments. */
import { type Fleet, fleet as showFleet, fleets, pruneFleet } from "../../commands/fleet.ts";
import { UsageError } from "../../errors.ts";
import { escapeControls } from "../../foreign_text.ts";
import { requirePackageName } from "../../revision/names.ts";
import type { ParsedArguments } from "../arguments.ts";
import type { Action } from "../command.ts";
import { fleetDocument, fleetsDocument, prunedFleetDocument } from "../text/fleet_documents.ts";
import { fleetLines, fleetsLines } from "../text/fleet_table.ts";
import { requireCount, waitOption } from "../values.ts";

export const fleet: Action = async (context, parsed, table) => {
  const { words: [name], flags, values } = parsed;
  const prune = values.get("prune");
  if (prune !== undefined) {
    refuseBeside(parsed);
    const pruned = await pruneFleet(context, requireDays(prune));
    const { removed, failures } = pruned;
    const lines = removed.map(escapeControls);
    return { lines, json: prunedFleetDocument(pruned), failures };
  }
  const all = flags.has("all");
  const html = flags.has("html");
  if (html && flags.has("json")) throw new UsageError("--html does not go with --json");
  if (name === undefined) {
    const alone = html ? "--html" : values.has("wait") ? "--wait" : undefined;
    if (alone !== undefined) {
      throw new UsageError(`${alone} needs a package`, {
        hint: "ftl fleet PACKAGE; 'ftl fleet' shows the packages",
      });
    }
    const found = await fleets(context);
    const lines = fleetsLines(found.fleets, table);
    return { lines, json: fleetsDocument(found), failures: found.failures };
  }
  const found = await showFleet(context, requirePackageName(name), waitOption(values));
  const lines = html ? [] : fleetLines(found.fleet, { ...table, all });
  const page = html ? { text: await pageOf(found.fleet) } : {};
  return { lines, ...page, json: fleetDocument(found), failures: found.failures };
};

async function pageOf(fleet: Fleet): Promise<string> {
  const { fleetPage } = await import("../text/fleet_page.ts");
  return fleetPage(fleet);
}

function refuseBeside({ words, flags, values }: ParsedArguments): void {
  const isAlone = words.length === 0 && !values.has("wait");
  if (isAlone && !flags.has("all") && !flags.has("html")) return;
  throw new UsageError("--prune goes with nothing else: it is about machines, whatever they run");
}

/** A day is the least: a machine that is only restarted must not vanish. */
function requireDays(text: string): number {
  const days = requireCount("prune", text);
  if (days > 0) return days;
  throw new UsageError("--prune needs at least 1 day");
}
