/**
 * The last step of a sync: the machine reports to S3 what it runs, if that is due. It never fails a sync. One command
 * reports at a time. Another one that comes meanwhile leaves it: what has changed is sent by the next sync.
 */
import type { Bucket } from "../../bucket/bucket.ts";
import type { Context } from "../../context.ts";
import { BusyError, StorageError } from "../../errors.ts";
import { tryLock } from "../../machine/lock/lock.ts";
import { gatherReport, readSentReport, reportLock, writeSentReport } from "../../machine/report.ts";
import type { MachineIdentity } from "../../plan/clone.ts";
import { isReportDue, isWarningDue, type SentReport } from "../../plan/report.ts";
import { reportKey } from "../../revision/keys.ts";
import { isMachineName } from "../../machine_name.ts";
import { formatReport, reportDigest } from "../../revision/report.ts";

/** Milliseconds in which S3 must have answered. */
const PATIENCE = 5000;

interface SyncOutcome {
  readonly bucket: Bucket;
  readonly identity: () => Promise<MachineIdentity>;
  readonly results: readonly { readonly failures: readonly Error[] }[];
}

/** Never throws. What the sync itself could not reach has been told. */
export async function sendReport(
  context: Context,
  { bucket, identity, results }: SyncOutcome,
): Promise<void> {
  // Then a report would only take time.
  if (results.some(({ failures }) => failures.some(isUnreachable))) return;
  try {
    const me = await identity();
    // A host may have a name that is no key.
    if (!isMachineName(me.machine)) return;
    const { config: { root }, signal } = context;
    const options = { what: "the report", command: "ftl sync", signal, deadlock: () => undefined };
    const lock = await tryLock(reportLock(root), options);
    if (lock instanceof BusyError) return;
    using _lock = lock;
    await sendIfDue(context, bucket, me);
  } catch {
    // Such as a root that cannot be written to: a package's sync tells that better.
  }
}

async function sendIfDue(context: Context, bucket: Bucket, me: MachineIdentity): Promise<void> {
  const { config, now, version } = context;
  const { root, reportEvery: every } = config;
  const report = gatherReport({ config, me, now: now(), version });
  const [digest, { machine }] = [reportDigest(report), me];
  const last = ownReport(readSentReport(root), machine);
  if (!isReportDue({ every, machine, now: now(), digest, last })) return;
  try {
    await bucket.putOnce(reportKey(machine), formatReport(report), {
      contentType: "application/json",
      timeout: PATIENCE,
    });
    const sentAt = now();
    writeSentReport(root, { machine, digest, sentAt, deniedAt: undefined, warnedAt: undefined });
  } catch (error) {
    if (!(error instanceof StorageError && error.reason === "denied")) throw error;
    const isWarning = isWarningDue(last, now());
    writeSentReport(root, {
      machine,
      digest: last?.digest,
      sentAt: last?.sentAt,
      deniedAt: now(),
      warnedAt: isWarning ? now() : last?.warnedAt,
    });
    if (isWarning) context.report({ type: "warning", message: denied(error) });
  }
}

function isUnreachable(error: Error): boolean {
  return error instanceof StorageError && error.reason === "unreachable";
}

/** Undefined if another machine sent it. */
function ownReport(last: SentReport | undefined, machine: string): SentReport | undefined {
  return last?.machine === machine ? last : undefined;
}

function denied({ message }: StorageError): string {
  return `FTL_REPORT: this machine's report was not stored: ${message}; ` +
    "'ftl setup iam machine' prints the rights that it needs";
}
