/** What a service file is made from. */
export interface ServiceParts {
  /** Names the workspace: safe in file names. */
  readonly id: string;
  /** Absolute path of the root file. */
  readonly file: string;
  /** The command line of this program, without a verb. */
  readonly command: readonly string[];
  /** Variables that it needs: without a login shell there are hardly any. */
  readonly env: Readonly<Record<string, string>>;
  /** The folder it runs in. */
  readonly folder: string;
}

/** A systemd user unit (systemd.service(5), systemd.exec(5)) that keeps a workspace up. */
export function systemdUnit({ file, command, env, folder }: ServiceParts): string {
  return [
    "[Unit]",
    `Description=berth: ${escapePercent(file)}`,
    "After=network-online.target",
    "",
    "[Service]",
    "Type=simple",
    `WorkingDirectory=${escapePercent(folder)}`,
    ...Object.entries(env).map(([name, value]) => `Environment=${quoted(escapePercent(`${name}=${value}`))}`),
    `ExecStart=${[...command, "up", "--daemon", `--file=${file}`].map(systemdWord).join(" ")}`,
    // It drains on SIGTERM, for ten seconds at most.
    "KillSignal=SIGTERM",
    "KillMode=mixed",
    "TimeoutStopSec=30",
    "Restart=on-failure",
    "RestartSec=2",
    // A bad file, a wrong command line and a workspace that is up already do not get better by trying again; 130 is its end by a signal.
    "RestartPreventExitStatus=64 65 75",
    "SuccessExitStatus=130",
    "",
    "[Install]",
    "WantedBy=default.target",
    "",
  ].join("\n");
}

/** A launchd agent (launchd.plist(5)) that keeps a workspace up. */
export function launchdPlist({ id, file, command, env, folder }: ServiceParts): string {
  const strings = [...command, "up", "--daemon", `--file=${file}`].map((word) => `    <string>${xml(word)}</string>`);
  const variables = Object.entries(env).flatMap(([name, value]) => [
    `    <key>${xml(name)}</key>`,
    `    <string>${xml(value)}</string>`,
  ]);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    '<plist version="1.0">',
    "<dict>",
    "  <key>Label</key>",
    `  <string>${xml(launchdLabel(id))}</string>`,
    "  <key>ProgramArguments</key>",
    "  <array>",
    ...strings,
    "  </array>",
    "  <key>EnvironmentVariables</key>",
    "  <dict>",
    ...variables,
    "  </dict>",
    "  <key>WorkingDirectory</key>",
    `  <string>${xml(folder)}</string>`,
    "  <key>RunAtLoad</key>",
    "  <true/>",
    "  <key>KeepAlive</key>",
    "  <dict>",
    "    <key>Crashed</key>",
    "    <true/>",
    "  </dict>",
    "  <key>ExitTimeOut</key>",
    "  <integer>30</integer>",
    "</dict>",
    "</plist>",
    "",
  ].join("\n");
}

/** The name that launchd knows the agent of a workspace by. */
export function launchdLabel(id: string): string {
  return `dev.berth.${id}`;
}

/** A word of a command as systemd reads it: specifiers and variables are not meant. In `Environment` a dollar is one. */
function systemdWord(word: string): string {
  return quoted(escapePercent(word).replaceAll("$", "$$$$"));
}

/** Blanks do not end it. */
function quoted(word: string): string {
  if (/^[\w@%+=:,./$-]+$/.test(word)) return word;
  return `"${word.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

function escapePercent(text: string): string {
  return text.replaceAll("%", "%%");
}

function xml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
