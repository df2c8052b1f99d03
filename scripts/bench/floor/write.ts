/** `write.ts FOLDER LIST`: writes files of the sizes in a list, 15 in a folder, with the fewest calls. */
import { writeFolders } from "./folders.ts";

const [folder = "", list = ""] = Deno.args;
const sizes = Deno.readTextFileSync(list).trim().split("\n").map(Number);
writeFolders({ folder, sizes, begun: new Int32Array(1) });
