/** The second thread of `sync.ts`. */
import { type Work, writeFolders } from "./folders.ts";

addEventListener("message", ({ data }: MessageEvent<Work>) => {
  writeFolders(data);
  postMessage("written");
});
