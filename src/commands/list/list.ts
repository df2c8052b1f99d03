/** `ftl list`: lists packages and revisions of this machine or of S3, oldest first. */
export type { ListedPackage, ListedRevision, ListOptions } from "./listed.ts";
export {
  listLocalPackages,
  listLocalRevisions,
  type LocalPackage,
  type LocalRevision,
} from "./local.ts";
export {
  listMasterPackages,
  listMasterRevisions,
  type MasterPackage,
  type MasterRevision,
} from "./master.ts";
export type { RevisionBlessing, RevisionDetails } from "./details.ts";
export type { ListedSignatures, ListedTrust } from "./signatures.ts";
