import { dirname, join } from "node:path";
import type { ServiceFile } from "../cli/services.ts";
import { setVariables } from "../host/variables.ts";
import { launchdLabel, launchdPlist, systemdUnit } from "../view/service_text.ts";
import { LASTING_ENV, self } from "./detach.ts";
import type { Host } from "./host.ts";
import { statePaths } from "./locate.ts";

/** Variables that decide what berth sees; a service manager starts it without them. */
const KEPT = [
  "PATH",
  "HOME",
  "KUBECONFIG",
  "XDG_STATE_HOME",
  "XDG_RUNTIME_DIR",
  "XDG_CONFIG_HOME",
  "DENO_DIR",
  "DOCKER_HOST",
  "DOCKER_CONTEXT",
  "BERTH_PROGRAM",
];

/** The service file of a workspace for this system's manager; null where there is none that berth knows. */
export async function serviceFile(host: Host, file: string): Promise<ServiceFile | null> {
  const { id } = await statePaths(host, file);
  const env = { ...setVariables(KEPT, host.env), ...LASTING_ENV };
  const parts = { id, file, command: self(host), env, folder: dirname(file) };
  switch (Deno.build.os) {
    case "linux": {
      const name = `berth-${id}.service`;
      const folder = join(configHome(host), "systemd", "user");
      return {
        ...onDisk(join(folder, name)),
        text: systemdUnit(parts),
        start: ["systemctl --user daemon-reload", `systemctl --user enable --now ${name}`],
        stop: [`systemctl --user disable --now ${name}`, "systemctl --user daemon-reload"],
      };
    }
    case "darwin": {
      const path = join(host.home, "Library", "LaunchAgents", `${launchdLabel(id)}.plist`);
      return {
        ...onDisk(path),
        text: launchdPlist(parts),
        start: [`launchctl bootstrap gui/${Deno.uid()} ${path}`],
        stop: [`launchctl bootout gui/${Deno.uid()}/${launchdLabel(id)}`],
      };
    }
    default:
      return null;
  }
}

function configHome({ env, home }: Host): string {
  const given = env("XDG_CONFIG_HOME");
  return given?.startsWith("/") === true ? given : join(home, ".config");
}

function onDisk(path: string): Pick<ServiceFile, "path" | "read" | "write" | "remove"> {
  return {
    path,
    read: () => Deno.readTextFile(path).catch(() => null),
    write: async (text) => {
      await Deno.mkdir(dirname(path), { recursive: true });
      await Deno.writeTextFile(path, text, { mode: 0o600 });
    },
    remove: () => Deno.remove(path),
  };
}
