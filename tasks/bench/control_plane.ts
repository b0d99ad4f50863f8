import { print, say } from "./shell.ts";
import { median } from "./stats.ts";

/** How many forwards the files have. */
const SIZES = [100, 1_000, 10_000] as const;

/** One size of file. Milliseconds. */
export interface ControlPlaneResult {
  readonly forwards: number;
  /** The first time in a process, as a person's call has it: text to workspace, and text to plan. */
  readonly firstParse: number;
  readonly firstPlan: number;
  /** Later ones in the same process, as a running `up` has them. */
  readonly parse: number;
  readonly plan: number;
}

const CHILD = new URL("./control_plane_child.ts", import.meta.url).pathname;

/** Times parse and validate, and parse, validate and plan, of generated files; each sample in a process of its own. */
export async function measureControlPlane(rounds: number): Promise<readonly ControlPlaneResult[]> {
  const samples = new Map<number, ControlPlaneResult[]>(SIZES.map((size) => [size, []]));
  for (let round = 0; round < rounds; round++) {
    say(`control plane, round ${round + 1} of ${rounds}`);
    for (const size of SIZES) samples.get(size)?.push(await one(size));
  }
  return SIZES.map((forwards): ControlPlaneResult => {
    const own = samples.get(forwards) ?? [];
    const middle = (of: keyof ControlPlaneResult) => median(own.map((sample) => sample[of]));
    return {
      forwards,
      firstParse: middle("firstParse"),
      firstPlan: middle("firstPlan"),
      parse: middle("parse"),
      plan: middle("plan"),
    };
  });
}

async function one(size: number): Promise<ControlPlaneResult> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "--frozen", "--allow-env=LOG_TOKENS,LOG_STREAM", "--ignore-env", CHILD, String(size)],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(`the control plane benchmark failed: ${new TextDecoder().decode(stderr)}`);
  return JSON.parse(new TextDecoder().decode(stdout)) as ControlPlaneResult;
}

/** A file with so many forwards, of all kinds of target, over two clusters. */
export function forwardsFile(count: number): string {
  const targets = [
    (i: number) => `service: team-${i % 40}/web-${i}`,
    (i: number) => `pod: team-${i % 40}/db-${i}-0`,
    (i: number) => `deployment: team-${i % 40}/worker-${i}`,
    (i: number) => `selector: { namespace: team-${i % 40}, labels: { app: node-${i} } }`,
  ];
  const lines = Array.from({ length: count }, (_, i) => {
    const target = targets[i % targets.length]?.(i) ?? "";
    return `  f${i}: { cluster: ${i % 2 === 0 ? "dev" : "staging"}, ${target}, port: 80, local: ${10_000 + i} }`;
  });
  return [
    "version: 1",
    "defaults: { bind: [127.0.0.1] }",
    "clusters:",
    "  dev: { context: dev }",
    "  staging: { context: staging }",
    "forwards:",
    ...lines,
    "",
  ].join("\n");
}

/** Prints the table. */
export function printControlPlane(results: readonly ControlPlaneResult[]): void {
  const ms = (value: number) => value.toFixed(1).padStart(10);
  print("\nControl plane, ms            first in a process            later ones");
  print("forwards               parse       plan      parse       plan");
  for (const one of results) {
    print(
      `${String(one.forwards).padStart(8)}          ${ms(one.firstParse)} ${ms(one.firstPlan)} ${ms(one.parse)} ${
        ms(one.plan)
      }`,
    );
  }
  const of = (forwards: number) => results.find((one) => one.forwards === forwards);
  const [small, large] = [of(1_000), of(10_000)];
  if (small !== undefined && large !== undefined) {
    const ratio = (key: keyof ControlPlaneResult) => (large[key] / small[key]).toFixed(1).padStart(10);
    print(
      `${"10k / 1k".padStart(8)}          ${ratio("firstParse")} ${ratio("firstPlan")} ${ratio("parse")} ${
        ratio("plan")
      }`,
    );
  }
}
