import { forwardsFile } from "./control_plane.ts";
import { print } from "./shell.ts";
import { median } from "./stats.ts";

/** What a start may take beyond Deno's own, in milliseconds. */
const BAR = 150;

/** Starts of the program, in milliseconds. */
export interface ColdStart {
  readonly command: string;
  readonly median: number;
  /** The fastest: what is left when nothing else runs on the machine. */
  readonly least: number;
}

/** Times starts of the program, interleaved, beside an empty program. */
export async function measureColdStart(rounds: number): Promise<readonly ColdStart[]> {
  const root = new URL("../..", import.meta.url).pathname;
  const folder = await Deno.makeTempDir({ prefix: "berth-bench-" });
  const file = `${folder}/forwards.yaml`;
  await Deno.writeTextFile(file, forwardsFile(10));
  const empty = `${folder}/empty.yaml`;
  await Deno.writeTextFile(empty, "version: 1\nclusters: { dev: { context: dev } }\n");
  const flags = ["run", "-q", "--frozen", "--allow-read", "--allow-env", "src/main.ts"];
  const planFlags = [
    "run",
    "-q",
    "--frozen",
    "--allow-read",
    "--allow-env",
    "--allow-run",
    "--allow-net",
    "--allow-sys",
    "--allow-write",
    "src/main.ts",
  ];
  const commands: Readonly<Record<string, readonly string[]>> = {
    "deno eval 0": ["eval", "0"],
    "version": [...flags, "version"],
    "--help": [...flags, "--help"],
    "completion bash": [...flags, "completion", "bash"],
    "candidates of a name": [...flags, "__complete", "--", "up", ""],
    "list (10 forwards)": [...flags, "list", "-f", file],
    "plan (no cluster asked)": [...planFlags, "plan", "-f", empty],
    "validate (10 forwards)": [...flags, "validate", "-f", file],
    "deno task version": ["task", "--quiet", "version"],
  };
  const samples = new Map<string, number[]>(Object.keys(commands).map((name) => [name, []]));
  try {
    // One round more than is counted: the first one fills the caches.
    for (let round = 0; round <= rounds; round++) {
      for (const [name, args] of Object.entries(commands)) {
        const begun = performance.now();
        const { success, stderr } = await new Deno.Command(Deno.execPath(), {
          args: [...args],
          cwd: root,
          env: { XDG_STATE_HOME: `${folder}/state`, XDG_RUNTIME_DIR: `${folder}/run` },
          stdin: "null",
          stdout: "null",
          stderr: "piped",
        }).output();
        if (!success) throw new Error(`${name} failed: ${new TextDecoder().decode(stderr)}`);
        if (round > 0) samples.get(name)?.push(performance.now() - begun);
      }
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  return [...samples].map(([command, times]) => ({ command, median: median(times), least: Math.min(...times) }));
}

/** Prints the table, with what is over the bar marked. */
export function printColdStart(starts: readonly ColdStart[]): void {
  const ms = (value: number) => value.toFixed(0).padStart(8);
  const [base] = starts;
  if (base === undefined) return;
  print(`\nStart of the program        ms   beyond deno eval 0 (bar: ${BAR})   ratio   fastest beyond`);
  for (const { command, median, least } of starts) {
    const beyond = median - base.median;
    const mark = beyond > BAR ? "OVER" : "    ";
    const ratio = (median / base.median).toFixed(1).padStart(6);
    print(
      `${command.padEnd(24)}${ms(median)} ${ms(beyond)} ${mark}                     ${ratio}  ${
        ms(least - base.least)
      }`,
    );
  }
}
