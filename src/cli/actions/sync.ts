/** What `ftl sync` does with its arguments. */
import type { PlannedSync } from "../../commands/sync/plan_syncs.ts";
import { type PackageNews, sync as syncPackages } from "../../commands/sync/sync.ts";
import type { Context } from "../../context.ts";
import { requirePackageName } from "../../revision/names.ts";
import { notificationText, plannedSyncDocument, syncDocument } from "../text/documents.ts";
import { requireCount } from "../values.ts";
import type { Action } from "../command.ts";

export const sync: Action = async (context, { words, flags, values }) => {
  const packages = words.map(requirePackageName);
  const follow = flags.has("follow");
  if (flags.has("dry-run")) {
    const { planSyncs } = await import("../../commands/sync/plan_syncs.ts");
    const plans = await planSyncs(context, { packages, follow });
    const failures = plans.flatMap((plan) => plan.failures);
    return { lines: plans.flatMap(planLines), json: plannedSyncDocument(plans), failures };
  }
  const [splay, listEvery] = [values.get("splay"), values.get("list-every")];
  const results = await syncPackages(context, {
    packages,
    follow,
    ...(splay === undefined ? {} : { splay: requireCount("splay", splay) }),
    ...(listEvery === undefined ? {} : { listEvery: requireCount("list-every", listEvery) }),
    ...(context.config.notify === undefined ? {} : { onNews: notifier(context) }),
  });
  const failures = results.flatMap((result) => result.failures);
  return { lines: [], json: syncDocument(results), failures };
};

/** Tells the program of `FTL_NOTIFY`. */
function notifier(context: Context): (news: PackageNews) => Promise<void> {
  return async (news) => {
    const program = context.config.notify;
    if (program === undefined) return;
    const { notify } = await import("../../commands/sync/notify.ts");
    await notify(context, { program, text: notificationText(news) });
  };
}

/** The steps of a planned sync, one on a line: `fetch<TAB>my_site.VZ5vQk8aR4G`. */
function planLines(plan: PlannedSync): string[] {
  const { fetch, activate, remove, held, missing, quarantined, paused, rollout } = plan;
  return [
    ...fetch.map((revision) => `fetch\t${revision}`),
    ...(activate === undefined ? [] : [`activate\t${activate}`]),
    ...remove.map((revision) => `remove\t${revision}`),
    ...(held === undefined ? [] : [`hold\t${held}`]),
    ...(missing === undefined ? [] : [`missing\t${missing}`]),
    ...(quarantined === undefined ? [] : [`quarantine\t${quarantined}`]),
    ...(paused === undefined ? [] : [`pause\t${paused}`]),
    ...(rollout?.waiting === undefined ? [] : [`wait\t${rollout.candidate}`]),
  ];
}
