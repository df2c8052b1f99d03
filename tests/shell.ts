/** Shell as the pages show it: enough of its grammar to find each command in it, with its words. */

const END_OF_WORD = /[\s;&|()<>]/;

/**
 * The simple commands of a script, those of substitutions and subshells among them, in the order in which they end.
 * Quotes are taken away, redirections and comments left out. A substitution within a word becomes `$()`.
 */
export function commandsOf(script: string): string[][] {
  const reader = new Reader(script);
  reader.readUntil(undefined);
  return reader.commands;
}

class Reader {
  readonly commands: string[][] = [];
  #at = 0;

  constructor(readonly text: string) {}

  /** Reads commands up to this character, and over it; up to the end of the text without one. */
  readUntil(end: ")" | "`" | undefined): void {
    let words: string[] = [];
    while (this.#at < this.text.length) {
      const char = this.#next();
      if (char === end) {
        this.#at++;
        break;
      }
      if (/[\n;&|)]/.test(char)) {
        this.#at++;
        this.#add(words);
        words = [];
      } else if (char === "(") {
        this.#at++;
        this.readUntil(")");
      } else if (char === "#") this.#skipLine();
      else if (char === "<" || char === ">") this.#redirect();
      else if (/\s/.test(char)) this.#at++;
      else if (this.text.startsWith("\\\n", this.#at)) this.#at += 2;
      else words.push(...this.#argument(end));
    }
    this.#add(words);
  }

  /** A word; none if it is the number of what is redirected, as in `2> file`. */
  #argument(end: ")" | "`" | undefined): string[] {
    const word = this.#word(end);
    return /^\d+$/.test(word) && /[<>]/.test(this.#next()) ? [] : [word];
  }

  #next(): string {
    return this.text[this.#at] ?? "";
  }

  #skipLine(): void {
    while (this.#at < this.text.length && this.#next() !== "\n") this.#at++;
  }

  #add(words: readonly string[]): void {
    if (words.length > 0) this.commands.push([...words]);
  }

  #redirect(): void {
    const [operator = ""] = /^[<>]+[&|]?/.exec(this.text.slice(this.#at)) ?? [];
    this.#at += operator.length;
    if (this.#next() === "(") {
      this.#at++;
      this.readUntil(")");
      return;
    }
    while (this.#next() === " ") this.#at++;
    const word = this.#word(undefined);
    if (operator !== "<<") return;
    // The lines of a here-document are no commands. What follows its operator on the same line is not read either.
    const last = this.text.indexOf(`\n${word}\n`, this.#at);
    this.#at = last < 0 ? this.text.length : last + word.length + 1;
  }

  #word(end: ")" | "`" | undefined): string {
    let word = "";
    while (this.#at < this.text.length) {
      const char = this.#next();
      if (char === end || (END_OF_WORD.test(char) && !this.text.startsWith("$(", this.#at))) break;
      word += this.#piece(char);
    }
    return word;
  }

  /** A quoted text, a substitution, or one character. */
  #piece(char: string): string {
    this.#at++;
    if (char === "'") return this.#upTo("'");
    if (char === '"') return this.#doubleQuoted();
    if (char === "\\") return this.text[this.#at++] ?? "";
    if (char === "`") {
      this.readUntil("`");
      return "$()";
    }
    if (char === "$" && this.#next() === "(") {
      this.#at++;
      this.readUntil(")");
      return "$()";
    }
    return char;
  }

  #upTo(mark: string): string {
    const end = this.text.indexOf(mark, this.#at);
    const text = this.text.slice(this.#at, end < 0 ? undefined : end);
    this.#at += text.length + 1;
    return text;
  }

  #doubleQuoted(): string {
    let text = "";
    while (this.#at < this.text.length && this.#next() !== '"') {
      const char = this.#next();
      if (char === "'") {
        text += char;
        this.#at++;
      } else text += this.#piece(char);
    }
    this.#at++;
    return text;
  }
}
