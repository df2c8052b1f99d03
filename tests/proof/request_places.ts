/** Where the server's faults must come, to hit the requests of one kind. */
import type { FaultCase, RequestKind } from "./outcomes.ts";
import { isConditional } from "./outcomes.ts";

/** A store that is not AWS is first asked whether it heeds conditions, by a write that must not be done. */
export function countOf(
  request: RequestKind,
  { times }: FaultCase,
): { count?: number; nth?: number } {
  if (times === "always") return {};
  return isConditional(request) ? { nth: 2 } : { count: 1 };
}

interface Place {
  readonly operation: string;
  readonly key?: RegExp;
  /** Of the path and the query. */
  readonly target?: RegExp;
}

export const PLACES: Readonly<Record<RequestKind, Place>> = {
  "listing by a sync": { operation: "ListObjectsV2" },
  "listing by a spool": { operation: "ListObjectsV2" },
  "listing by a purge": { operation: "ListObjectsV2" },
  "reading of .rev": { operation: "GetObject", key: /\.rev$/ },
  "poll of .rev": { operation: "GetObject", key: /\.rev$/ },
  "reading of a revision": { operation: "GetObject", key: /\.tgz$/ },
  "checksum of a revision": { operation: "HeadObject", key: /\.20130305[0-9]+\.tgz$/ },
  "details of a revision": { operation: "HeadObject", key: /^detailed\./ },
  "spool in one": { operation: "PutObject", key: /\.tgz$/ },
  "begin of an upload": { operation: "CreateMultipartUpload" },
  "part of an upload": { operation: "UploadPart" },
  "end of an upload": { operation: "CompleteMultipartUpload" },
  "abort of an upload": { operation: "AbortMultipartUpload" },
  "listing of uploads": { operation: "ListMultipartUploads" },
  "writing of .rev": { operation: "PutObject", key: /\.rev$/ },
  "removal": { operation: "DeleteObject", key: /\.tgz$/ },
  "writing of the history": { operation: "PutObject", key: /^\.ftl\/history\// },
  "reading of the history": { operation: "GetObject", key: /^\.ftl\/history\// },
  "details at a blessing": { operation: "HeadObject", key: /^site\.[^/]*\.tgz$/ },
  "writing of a report": { operation: "PutObject", key: /^\.ftl\/fleet\// },
  "listing by a fleet": { operation: "ListObjectsV2" },
  "reading of a report": { operation: "GetObject", key: /^\.ftl\/fleet\// },
  "listing of marks": { operation: "ListObjectsV2" },
  "writing of a mark": { operation: "PutObject", key: /^\.ftl\/rollout\/.*\/ok\// },
  "taking of a turn": { operation: "PutObject", key: /^\.ftl\/rollout\/.*\/turn\// },
  "reading of a turn": { operation: "GetObject", key: /^\.ftl\/rollout\/.*\/turn\// },
  "listing by a list": { operation: "ListObjectsV2" },
  "details of a signed candidate": { operation: "HeadObject", key: /^site\.[^/]*\.tgz$/ },
  "reading of a base's tree": { operation: "GetObject", key: /^\.ftl\/delta\/.*\/tree$/ },
  "reading of a patch": { operation: "GetObject", key: /^\.ftl\/delta\/.*\/from\./ },
  "details at a delta": { operation: "HeadObject", key: /^site\.[^/]*\.tgz$/ },
  "tree beside a download": { operation: "GetObject", key: /^\.ftl\/delta\/.*\/tree$/ },
  "details of a tree": { operation: "HeadObject", key: /^\.ftl\/delta\/.*\/tree$/ },
  "tree read by a spool": { operation: "GetObject", key: /^\.ftl\/delta\/.*\/tree$/ },
  "frames read by a spool": { operation: "GetObject", key: /^\.ftl\/delta\/.*\/frames$/ },
  "writing of a tree": { operation: "PutObject", key: /^\.ftl\/delta\/.*\/tree$/ },
  "writing of a patch": { operation: "PutObject", key: /^\.ftl\/delta\/.*\/from\./ },
  "writing of frames": { operation: "PutObject", key: /^\.ftl\/delta\/.*\/frames$/ },
  "copy of a part": { operation: "UploadPartCopy" },
  "listing of deltas": { operation: "ListObjectsV2", target: /prefix=\.ftl(\/|%2F)delta/ },
  "removal of deltas": { operation: "DeleteObjects" },
  "removal after a failed spool": { operation: "DeleteObject", key: /^\.ftl\/delta\// },
};

/** Whether a request of the server's log is of that place. */
export function isAt(
  { operation, key, target }: Place,
  record: { readonly operation: string; readonly key: string | undefined; readonly target: string },
): boolean {
  return record.operation === operation && (key?.test(record.key ?? "") ?? true) &&
    (target?.test(record.target) ?? true);
}
