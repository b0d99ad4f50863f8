import type { Protocol } from "../model/workspace.ts";
import type { Shell } from "./shell.ts";

/** How long docker may take to say, in milliseconds. */
const TIMEOUT = 5_000;
const FORMAT = '{{.Names}}\t{{.Label "k3d.cluster"}}';

/** Programs that hold a port in a container's name. */
const PROXIES =
  /^(docker-proxy|dockerd|rootlessport|rootlesskit|vpnkit|slirp4netns|com\.docker.*|Docker.*|OrbStack.*)$/i;

/** Whether a port may be a container's: its holder is one of docker's programs, or cannot be seen. */
export function mayBePublished(command: string | null): boolean {
  return command === null || PROXIES.test(command);
}

/**
 * The container that has a local port published, in words: `container shop-db`, `k3d cluster dev (container k3d-dev-serverlb)`; null where
 * none has, or docker does not say.
 */
export async function publishedBy(
  port: number,
  { shell, signal, protocol = "tcp" }: {
    readonly shell: Shell;
    readonly signal: AbortSignal;
    readonly protocol?: Protocol;
  },
): Promise<string | null> {
  try {
    const argv = ["docker", "ps", "--filter", `publish=${port}/${protocol}`, "--format", FORMAT];
    const { end, code, stdout } = await shell(argv, { signal, timeout: TIMEOUT });
    return end === "exited" && code === 0 ? parsePublished(stdout) : null;
  } catch {
    signal.throwIfAborted();
    return null;
  }
}

/** Reads the first line that `docker ps` prints for `publishedBy`. */
export function parsePublished(text: string): string | null {
  const [line = ""] = text.split("\n");
  const [name = "", cluster = ""] = line.trim().split("\t");
  if (name === "") return null;
  return cluster === "" ? `container ${name}` : `k3d cluster ${cluster} (container ${name})`;
}
