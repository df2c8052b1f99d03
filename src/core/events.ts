/** What commands tell while they work. `src/cli` decides what of it a person sees, and how. */

export type FtlEvent =
  | { readonly type: "fetching"; readonly revision: string; readonly bytes: number }
  | {
    readonly type: "fetched";
    readonly revision: string;
    /** Bytes downloaded, entries and bytes unpacked, milliseconds taken. */
    readonly bytes: number;
    readonly files: number;
    readonly unpacked: number;
    readonly ms: number;
  }
  | {
    readonly type: "checked";
    readonly file: string;
    /** Entries and bytes it unpacks to. */
    readonly files: number;
    readonly bytes: number;
    readonly ms: number;
  }
  | {
    readonly type: "uploaded";
    readonly revision: string;
    readonly bucket: string;
    readonly bytes: number;
    readonly ms: number;
  }
  | { readonly type: "activated"; readonly revision: string; readonly from: string | undefined }
  | { readonly type: "blessed"; readonly revision: string; readonly from: string | undefined }
  | { readonly type: "removed"; readonly revision: string }
  | { readonly type: "held"; readonly revision: string; readonly blessed: string }
  | { readonly type: "unchanged"; readonly package: string; readonly active: string | undefined }
  /** One line of a package script's output, without its newline. */
  | {
    readonly type: "script-output";
    readonly revision: string;
    readonly hook: string;
    readonly line: string;
  }
  | { readonly type: "waiting"; readonly what: string; readonly holder: string }
  | { readonly type: "warning"; readonly message: string }
  /** A failure that does not end the command; the command's exit code tells of it. */
  | { readonly type: "failure"; readonly error: unknown };

export type Report = (event: FtlEvent) => void;
