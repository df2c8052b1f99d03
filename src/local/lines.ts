/** The output of a running program, line by line as it comes. */

/** Bytes; a longer line is passed on in pieces, so that a program without newlines needs no memory. */
const LONGEST_LINE = 64 * 1024;

/** Milliseconds without output after which a stream that is still open counts as left to a daemon. */
const DRAIN_PAUSE = 50;

export interface LineReader {
  /**
   * Reads what is there already and closes the stream: to be called when the program has ended, even
   * if something that it left behind holds its output open.
   */
  finish(): Promise<void>;
}

/** Calls `onLine` for each line, without its newline, and for the rest at the end if it has none. */
export function readLines(
  stream: ReadableStream<Uint8Array>,
  onLine: (line: string) => void,
): LineReader {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  let activity = 0;

  const take = (text: string): void => {
    rest += text;
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
    if (rest.length > LONGEST_LINE) {
      onLine(rest);
      rest = "";
    }
  };
  const pump = async (): Promise<void> => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      activity++;
      take(decoder.decode(value, { stream: true }));
    }
  };
  const pumping = pump().catch(() => {});

  return {
    async finish(): Promise<void> {
      let ended = false;
      const end = pumping.then(() => {
        ended = true;
      });
      for (let seen = -1; !ended && seen !== activity;) {
        seen = activity;
        await quiet(end);
      }
      if (!ended) await reader.cancel().catch(() => {});
      take(decoder.decode());
      if (rest !== "") onLine(rest);
      rest = "";
    },
  };
}

/** Until the stream has ended, or for a short time. */
async function quiet(end: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const pause = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, DRAIN_PAUSE);
  });
  await Promise.race([end, pause]);
  clearTimeout(timer);
}
