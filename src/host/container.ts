/** What is known of the surroundings of a process. */
export interface ContainerFacts {
  /** `/.dockerenv` or `/run/.containerenv` exists. */
  readonly marker: boolean;
  /** `$container`, set by systemd-nspawn, podman and others. */
  readonly variable: string | undefined;
  /** `$KUBERNETES_SERVICE_HOST`, set in every pod. */
  readonly kubernetes: string | undefined;
  /** Text of `/proc/1/cgroup`; null where it cannot be read. */
  readonly cgroup: string | null;
}

/** What kind of container these facts speak of; null for none. */
export function containerKind(facts: ContainerFacts): "kubernetes" | "container" | null {
  if (isSet(facts.kubernetes)) return "kubernetes";
  const named = facts.cgroup !== null && /\b(?:docker|kubepods|containerd|libpod|lxc)\b/.test(facts.cgroup);
  return facts.marker || isSet(facts.variable) || named ? "container" : null;
}

/** Whether this process runs in a container, where published ports and `localhost` are those of the container. Never rejects. */
export async function detectContainer(
  env: (name: string) => string | undefined,
): Promise<"kubernetes" | "container" | null> {
  const [docker, podman, cgroup] = await Promise.all([
    exists("/.dockerenv"),
    exists("/run/.containerenv"),
    Deno.readTextFile("/proc/1/cgroup").catch(() => null),
  ]);
  return containerKind({
    marker: docker || podman,
    variable: env("container"),
    kubernetes: env("KUBERNETES_SERVICE_HOST"),
    cgroup,
  });
}

/** Whether `detectContainer` finds one, of whatever kind. Never rejects. */
export async function insideContainer(env: (name: string) => string | undefined): Promise<boolean> {
  return await detectContainer(env) !== null;
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "";
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch {
    return false;
  }
}
