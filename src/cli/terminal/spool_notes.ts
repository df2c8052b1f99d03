/** The lines for what a spool did. */
import { quote } from "../../foreign_text.ts";
import type { PackingEvent, UploadedEvent } from "../../events.ts";
import { formatBytes, formatDuration, rate } from "./amounts.ts";

/** `Packing site/ as my_site: 1,074 files, 11.4 MB; 2 left out by --exclude`. */
export function packing(event: PackingEvent): string[] {
  const { folder, package: name, files, bytes, excluded, unused, hasIgnoreFile } = event;
  const count = files === 1 ? "1 file" : `${files.toLocaleString("en-US")} files`;
  const left = excluded === 0 ? "" : `; ${excluded.toLocaleString("en-US")} left out by --exclude`;
  return [
    `Packing ${folder} as ${name}: ${count}, ${formatBytes(bytes)}${left}`,
    ...unused.map((pattern) => `--exclude ${quote(pattern)} leaves nothing out`),
    ...(hasIgnoreFile
      ? [
        `.gitignore is not applied: everything below ${folder} is packed but what --exclude names`,
      ]
      : []),
  ];
}

export function uploaded(
  { revision, bucket, bytes, copied = 0, ms }: UploadedEvent,
): string[] {
  const within = copied === 0 ? "" : ` (${formatBytes(copied)} of it copied within S3)`;
  return [
    `${revision}: uploaded ${formatBytes(bytes)}${within} to ${bucket} in ${formatDuration(ms)}` +
    rate(bytes - copied, ms),
    `next: ftl jump --master ${revision}   (every machine's next sync activates it)`,
    `  or: ftl sync && ftl jump ${revision}   (on one machine, to try it)`,
  ];
}
