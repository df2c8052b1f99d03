/** Decompresses into memory that the caller gives, without a stream around it. */

/** A decompressor in the middle of its work. */
export interface Inflate {
  /**
   * Decompresses some of `input` into `output`, which begins at its start. If that fills `output`, it
   * must be called with the rest of `input` and another output, even if no input is left. If it does
   * not, all of `input` was taken, or the compressed data has ended before its end.
   *
   * Throws an Error with the message of `node:zlib`.
   */
  step(input: Uint8Array, output: Uint8Array): { readonly taken: number; readonly made: number };
  /** Must be called after the last input, until it fills no output. Throws an Error if data is missing. */
  end(output: Uint8Array): number;
  close(): void;
}

/** What a stream of `node:zlib` works with. npm's own packages use it too, so runtimes keep it. */
interface Inside {
  readonly _handle?: {
    onerror: (message: string) => void;
    writeSync(
      ...of: [
        flush: number,
        input: Uint8Array,
        inputAt: number,
        inputLength: number,
        output: Uint8Array,
        outputAt: number,
        outputLength: number,
      ]
    ): void;
    close(): void;
  };
  /** After each call: how much of the output, and of the input, is left. */
  readonly _writeState?: Uint32Array;
}

/**
 * Opens a decompressor. The streams of `node:zlib` take new memory for each output. The system fills
 * that with zeros, page by page, which costs a third of what decompressing costs.
 *
 * Throws an Error if the runtime's streams are not made as expected. This function is part of another
 * thread's program by its source text. So it may use only its parameters and globals.
 */
export function openInflate(
  zlib: Pick<typeof import("node:zlib"), "createGunzip" | "createZstdDecompress" | "constants">,
  compression: "gzip" | "zstd",
): Inflate {
  const isGzip = compression === "gzip";
  const stream = (isGzip ? zlib.createGunzip() : zlib.createZstdDecompress()) as unknown as Inside;
  const { _handle: handle, _writeState: left } = stream;
  if (handle?.writeSync === undefined || left?.length !== 2) {
    throw new Error("this runtime's node:zlib cannot decompress into given memory");
  }
  const { Z_NO_FLUSH, Z_FINISH, ZSTD_e_continue, ZSTD_e_end } = zlib.constants as unknown as Record<
    string,
    number
  >;
  const flags = isGzip ? [Z_NO_FLUSH, Z_FINISH] : [ZSTD_e_continue, ZSTD_e_end];
  const nothing = new Uint8Array();
  let failure: string | undefined;
  handle.onerror = (message) => failure = message;
  const work = (flag: number | undefined, input: Uint8Array, output: Uint8Array): void => {
    handle.writeSync(flag as number, input, 0, input.length, output, 0, output.length);
    if (failure !== undefined) throw new Error(failure);
  };
  return {
    step: (input, output) => {
      work(flags[0], input, output);
      return {
        taken: input.length - (left[1] as number),
        made: output.length - (left[0] as number),
      };
    },
    end: (output) => {
      work(flags[1], nothing, output);
      return output.length - (left[0] as number);
    },
    close: () => {
      handle.close();
      void stream; // the stream must live as long as its handle
    },
  };
}
