/** What a listing shows of packages and revisions, on a machine or in S3. */
import {
  type PackageName,
  type RevisionId,
  type RevisionName,
  revisionName,
} from "../../revision/names.ts";

/** A package, on this machine or in S3. */
export interface ListedPackage {
  /** Its name. */
  readonly package: PackageName;
  /** In a long listing: the active revision here, or the blessed one in S3, if there is one. */
  readonly active?: RevisionName | undefined;
  /** In a long listing: the newest revision, if there is one. */
  readonly newest?: RevisionName | undefined;
  /** In a long listing: how many revisions there are. */
  readonly revisions?: number | undefined;
}

/** How much a listing shows, and so how many requests it sends. */
export interface ListOptions {
  /** All details instead of names only. */
  readonly long?: boolean;
}

/** A revision, on this machine or in S3. */
export interface ListedRevision {
  /** Its name, `<package>.<id>`. */
  readonly revision: RevisionName;
  /** On this machine: `current` points to it. In S3: it is the blessed one. */
  readonly active: boolean;
  /** On this machine: `previous` points to it. In S3: the blessed one replaced it. */
  readonly previous: boolean;
  /** The time of spooling, ISO 8601, if the id or S3 shows it. */
  readonly spooledAt: string | undefined;
  /** Bytes of the object in S3. On this machine: its size at the download, if FTL has stored it. */
  readonly size: number | undefined;
}

/** ISO 8601 of Unix milliseconds. */
export function isoTime(milliseconds: number | undefined): string | undefined {
  return milliseconds === undefined ? undefined : new Date(milliseconds).toISOString();
}

export function nameOf(
  packageName: PackageName,
  id: RevisionId | undefined,
): RevisionName | undefined {
  return id === undefined ? undefined : revisionName({ package: packageName, id });
}
