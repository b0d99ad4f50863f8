/** What processes cost, from /proc: Linux only, as the rig is. */

/** Ticks a second of the times in /proc/PID/stat: 100 on every Linux that Deno runs on. */
const TICKS = 100;

interface Stat {
  readonly parent: number;
  /** Seconds, with those of children that have ended. */
  readonly cpu: number;
}

async function stat(pid: number): Promise<Stat | null> {
  const text = await Deno.readTextFile(`/proc/${pid}/stat`).catch(() => null);
  if (text === null) return null;
  // The name may hold spaces and parentheses: what follows the last one is fields from the third on.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const field = (number: number) => Number(fields[number - 3] ?? 0);
  return { parent: field(4), cpu: (field(14) + field(15) + field(16) + field(17)) / TICKS };
}

async function everyPid(): Promise<readonly number[]> {
  const pids: number[] = [];
  for await (const { name } of Deno.readDir("/proc")) if (/^\d+$/.test(name)) pids.push(Number(name));
  return pids;
}

/** `roots` and all their descendants that live now. */
async function family(roots: readonly number[]): Promise<ReadonlyMap<number, Stat>> {
  const stats = new Map<number, Stat>();
  for (const pid of await everyPid()) {
    const one = await stat(pid);
    if (one !== null) stats.set(pid, one);
  }
  const members = new Map<number, Stat>();
  const isMember = (pid: number): boolean => {
    for (let at: number | undefined = pid; at !== undefined && at > 1; at = stats.get(at)?.parent) {
      if (roots.includes(at)) return true;
    }
    return false;
  };
  for (const [pid, one] of stats) if (isMember(pid)) members.set(pid, one);
  return members;
}

/** CPU seconds used so far by these processes and their descendants, ended ones included. */
export async function cpuSeconds(roots: readonly number[]): Promise<number> {
  if (roots.length === 0) return 0;
  let sum = 0;
  for (const { cpu } of (await family(roots)).values()) sum += cpu;
  return sum;
}

/** Resident memory of these processes and their descendants, in MiB; pages of programs that several map count in each. */
export async function residentMiB(roots: readonly number[]): Promise<number> {
  if (roots.length === 0) return 0;
  let kib = 0;
  for (const pid of (await family(roots)).keys()) {
    const text = await Deno.readTextFile(`/proc/${pid}/status`).catch(() => "");
    kib += Number(/^VmRSS:\s+(\d+)/m.exec(text)?.[1] ?? 0);
  }
  return kib / 1024;
}

/** Processes whose command line has every one of `words`. */
export async function findPids(words: readonly string[]): Promise<readonly number[]> {
  const found: number[] = [];
  for (const pid of await everyPid()) {
    const argv = (await Deno.readTextFile(`/proc/${pid}/cmdline`).catch(() => "")).split("\0");
    if (words.every((word) => argv.some((argument) => argument === word || argument.endsWith(`/${word}`)))) {
      found.push(pid);
    }
  }
  return found;
}
