import { isKubectl } from "../conventions/kubectl_names.ts";
import type { DraftCluster, DraftForward, Note } from "./draft.ts";
import type { ReadCommand } from "./read_command.ts";
import { readPortForward } from "./kubectl_command.ts";
import { type Command, isAssignment, shellCommands } from "./shell_commands.ts";
import { readSocat } from "./socat_command.ts";
import type { Source } from "./source.ts";

/** Words that may stand before a command and change nothing about what it forwards. */
const PREFIXES = new Set([
  ..."nohup sudo exec env time command setsid timeout if then else elif while until do ! {".split(" "),
  ..."k3s minikube microk8s".split(" "),
]);

/**
 * Reads lines such as `kubectl port-forward svc/web 8080:80 -n shop &` and `socat TCP-LISTEN:8443,fork TCP:node:30443` out of a shell script
 * or a list of commands. Every other command is passed over.
 */
export function fromShell(text: string): Source {
  const clusters: DraftCluster[] = [];
  const forwards: DraftForward[] = [];
  const notes: Note[] = [];
  let kubeconfig: string | undefined;
  for (const command of shellCommands(text)) {
    if (command.words.every((word) => isAssignment(word.text))) {
      kubeconfig = kubeconfigIn(command) ?? kubeconfig;
      continue;
    }
    const read = readCommand(command, kubeconfig);
    if (read === null) continue;
    if (read.cluster !== undefined) clusters.push(read.cluster);
    forwards.push(...read.forwards);
    notes.push(...read.notes);
  }
  if (forwards.length === 0 && notes.length === 0) {
    return { kind: "unreadable", line: null, message: "it has no 'kubectl port-forward' and no 'socat' command" };
  }
  return { kind: "draft", draft: { clusters, forwards, notes } };
}

/** The file that an assignment to `KUBECONFIG` names, where it is one file and known. */
function kubeconfigIn({ words }: Command): string | undefined {
  const word = words.findLast(({ text, unknown }) => text.startsWith("KUBECONFIG=") && unknown === null);
  const value = word?.text.slice("KUBECONFIG=".length) ?? "";
  return value === "" || value.includes(":") ? undefined : value;
}

function readCommand({ line, words }: Command, exported: string | undefined): ReadCommand | null {
  for (const [index, { text }] of words.entries()) {
    const program = text.slice(text.lastIndexOf("/") + 1).replace(/\.exe$/, "");
    const rest = { line, words: words.slice(index + 1) };
    const kubeconfig = kubeconfigIn({ line, words: words.slice(0, index) }) ?? exported;
    if (isKubectl(program)) return readPortForward(rest, { kubeconfig });
    if (program === "socat") return readSocat(rest, { kubeconfig });
    if (program === "kubefwd") {
      const why = "it forwards all Services of a namespace, each at an IP address of its own: " +
        "'init' writes a forward for each";
      return { forwards: [], notes: [{ kind: "left-out", line, what: "kubefwd", why }] };
    }
    if (!isAssignment(text) && !PREFIXES.has(program) && !/^-|^\d+[smhd]?$/.test(text)) return null;
  }
  return null;
}
