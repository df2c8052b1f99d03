/** The file for `/etc/cron.d`, for machines without systemd. */
import { crontabLine } from "./quoting.ts";
import {
  NICE,
  REPORT_COMMENT,
  type SetupFile,
  type SetupValues,
  timedSync,
  trustLines,
} from "./values.ts";

/** Where there is no renice, the sync goes on all the same. */
const LOWER = `renice -n ${NICE} -p $$ > /dev/null 2>&1`;

/** Throws `UsageError` if a crontab cannot express the root. */
export function cronFile(values: SetupValues): SetupFile {
  const { bucket, root, region, endpoint, report } = values;
  const text = [
    "# Syncs every minute, at a random second of its first half. The system log shows what changed, what went",
    "# wrong, and the exit code.",
    "SHELL=/bin/sh",
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    crontabLine("FTL_BUCKET", bucket),
    crontabLine("FTL_ROOT", root),
    crontabLine("AWS_REGION", region),
    ...(endpoint === undefined ? [] : [crontabLine("AWS_ENDPOINT_URL_S3", endpoint)]),
    REPORT_COMMENT,
    crontabLine("FTL_REPORT", String(report)),
    ...trustLines(values, crontabLine),
    "",
    "# What serves comes first. Package scripts inherit that: for a daemon that one starts, renice -n 0 -p $$ in it.",
    `* * * * * root ${LOWER}; (${timedSync()} --splay 30 2>&1 || echo "ftl: exit $?") | logger -t ftl`,
    "",
  ].join("\n");
  return { path: "/etc/cron.d/ftl", mode: "0644", text };
}
