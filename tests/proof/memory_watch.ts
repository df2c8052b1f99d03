/** The most memory that a process had resident, where the system tells. */
export class MemoryWatch {
  readonly #timer: ReturnType<typeof setInterval>;
  #most = 0;

  constructor(pid: number) {
    const look = (): void => {
      try {
        const status = Deno.readTextFileSync(`/proc/${pid}/status`);
        this.#most = Math.max(this.#most, Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1000);
      } catch {
        // It has ended.
      }
    };
    this.#timer = setInterval(look, 50);
  }

  /** Megabytes. */
  stop(): number {
    clearInterval(this.#timer);
    return this.#most;
  }
}
