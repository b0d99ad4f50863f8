import type { Clock, Log } from "../../src/model/world.ts";

/** The machine's clock, `speed` times as fast: waits shrink, what is measured with it grows. */
export function clockAt(speed: number): Clock {
  const after = (ms: number, action: () => void) => {
    const id = setTimeout(action, ms / speed);
    return () => clearTimeout(id);
  };
  return {
    now: () => Date.now(),
    monotonic: () => performance.now() * speed,
    after,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const abort = () => {
          cancel();
          reject(signal?.reason);
        };
        const cancel = after(ms, () => {
          signal?.removeEventListener("abort", abort);
          resolve();
        });
        signal?.addEventListener("abort", abort, { once: true });
      }),
  };
}

/** A log that keeps what it is told. */
export class KeptLog implements Log {
  readonly lines: string[] = [];
  debug(message: string): void {
    this.lines.push(`debug ${message}`);
  }
  info(message: string): void {
    this.lines.push(`info ${message}`);
  }
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void {
    this.lines.push(`warn ${message} ${JSON.stringify(fields)}`);
  }
  error(message: string): void {
    this.lines.push(`error ${message}`);
  }
}

/** A directory for one test. */
export class TempDirectory implements AsyncDisposable {
  readonly path = Deno.makeTempDirSync({ prefix: "berth-kube-" });

  async write(name: string, text: string, mode?: number): Promise<string> {
    const path = `${this.path}/${name}`;
    await Deno.writeTextFile(path, text, mode === undefined ? {} : { mode });
    return path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}
