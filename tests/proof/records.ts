/** The stat records of a machine's package. */
import { editRecord, existing } from "../commands/delta_site.ts";

/**
 * Moves the end of all records so far ahead that they are believed at once. Otherwise, each file that was written in
 * the second in which its record ends would be read, as on no machine that deploys once a minute.
 *
 * @param own the package's own folder, `.ftl`
 */
export function ageRecords(own: string): void {
  for (const folder of [`${own}/state`, `${own}/spare`]) {
    for (const { name } of existing(folder)) {
      const path = `${folder}/${name}`;
      // That a record has lost its contents is for FTL to find.
      if (name.endsWith(".stat") && Deno.statSync(path).size > 0) editRecord(path, () => {}, 5000);
    }
  }
}
