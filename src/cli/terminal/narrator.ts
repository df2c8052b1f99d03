/** What a person reads on stderr while a command works. */
import type { FtlEvent } from "../../events.ts";
import type { Surroundings } from "../main.ts";
import { narrate, type NarrationOptions, withSafeTexts } from "./narration.ts";
import { printable } from "./output.ts";
import { paintFor } from "./paint.ts";
import { Progress } from "./progress.ts";
import { makeScreen, type Screen } from "./screen.ts";

/** Writes reports to stderr: notes as lines, slow work as live lines. */
export class Narrator implements Disposable {
  readonly #options: NarrationOptions;
  readonly #screen: Screen;
  readonly #write: (text: string) => void;
  readonly #progress: Progress | undefined;

  constructor(
    { stderr, env }: Pick<Surroundings, "stderr" | "env">,
    { flags, logsChanges }: { flags: ReadonlySet<string>; logsChanges: boolean },
  ) {
    const screen = makeScreen(stderr, env);
    const paint = paintFor(screen);
    const quiet = flags.has("quiet");
    this.#options = { quiet, logsChanges, verbose: flags.has("verbose"), paint };
    this.#screen = screen;
    this.#write = stderr.write;
    if (screen.redraw && !quiet) {
      this.#progress = new Progress({ screen, paint, write: stderr.write });
    }
  }

  tell(event: FtlEvent): void {
    this.#progress?.tell(withSafeTexts(event));
    const text = narrate(event, this.#options)
      .map((line) => `${printable(line, this.#screen)}\n`).join("");
    if (text === "") return;
    if (this.#progress === undefined) this.#write(text);
    else this.#progress.above(() => this.#write(text));
  }

  stop(): void {
    this.#progress?.stop();
  }

  [Symbol.dispose](): void {
    this.stop();
  }
}
