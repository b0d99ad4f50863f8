import { AccessError } from "../model/cluster_access.ts";
import type { Clock } from "../model/world.ts";
import { orAbort } from "./abort.ts";
import { kubeconfigError, oneLine } from "./failures.ts";
import { isRawObject, type Raw, rawList, rawObject, rawText } from "./raw.ts";

/** What a plugin hands out. */
export interface ExecCredential {
  readonly token: string | null;
  readonly cert: string | null;
  readonly key: string | null;
}

/** A plugin may ask a person to sign in with a browser; longer than this nobody waits. Milliseconds. */
const PATIENCE = 120_000;
/** Renewed this long before it runs out, so that no request goes out with one that is about to. Milliseconds. */
const MARGIN = 10_000;

/**
 * A credential plugin of a kubeconfig (`users[].user.exec`, client.authentication.k8s.io): a command that prints an ExecCredential.
 *
 * Run here and not by the Kubernetes client, because that one costs a process as much memory as all the rest, hands the plugin no
 * `KUBERNETES_EXEC_INFO` and waits for ever. What it prints on stderr is shown when it fails; what it prints on stdout never.
 */
export class ExecPlugin {
  readonly #command: string;
  readonly #args: readonly string[];
  readonly #env: Readonly<Record<string, string>>;
  readonly #hint: string | null;
  readonly #clock: Clock;
  #running: Promise<ExecCredential> | null = null;
  #expires = Infinity;

  /** `exec`: the plugin's entry; `cluster`: the context's cluster, told to the plugin where it asks. Throws `AccessError` when it is not usable. */
  constructor(exec: Raw, { cluster, clock }: { readonly cluster: Raw; readonly clock: Clock }) {
    const command = rawText(exec["command"]);
    const apiVersion = rawText(exec["apiVersion"]) ?? "client.authentication.k8s.io/v1";
    if (command === null) throw kubeconfigError("the kubeconfig's exec plugin names no command");
    if (!/^client\.authentication\.k8s\.io\/v1(beta1)?$/.test(apiVersion)) {
      throw kubeconfigError(
        `the kubeconfig's exec plugin '${command}' uses ${oneLine(apiVersion)}: only v1 and v1beta1 are supported`,
      );
    }
    if (exec["interactiveMode"] === "Always") {
      throw kubeconfigError(
        `the kubeconfig's exec plugin '${command}' wants a terminal (interactiveMode: Always), which it cannot have here`,
      );
    }
    this.#command = command;
    this.#args = rawList(exec["args"]).filter((one) => typeof one === "string");
    this.#hint = rawText(exec["installHint"]);
    this.#clock = clock;
    const env: Record<string, string> = { KUBERNETES_EXEC_INFO: execInfo(apiVersion, exec, cluster) };
    for (const one of rawList(exec["env"]).map(rawObject)) {
      const name = rawText(one["name"]);
      if (name !== null && typeof one["value"] === "string") env[name] = one["value"];
    }
    this.#env = env;
  }

  /** The credential, from the last run while that is valid. Callers at once share one run. */
  async credential(signal: AbortSignal): Promise<ExecCredential> {
    if (this.#running !== null && this.#clock.now() >= this.#expires - MARGIN) this.expire();
    const running = this.#running ??= this.#run();
    try {
      return await orAbort(running, signal);
    } catch (error) {
      // A failed run is not kept: the next caller tries again.
      if (!signal.aborted && this.#running === running) this.expire();
      throw error;
    }
  }

  /** Forgets the last run. */
  expire(): void {
    this.#running = null;
    this.#expires = Infinity;
  }

  async #run(): Promise<ExecCredential> {
    const stop = new AbortController();
    const cancel = this.#clock.after(PATIENCE, () => stop.abort());
    try {
      const output = await new Deno.Command(this.#command, {
        args: [...this.#args],
        env: { ...this.#env },
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
        signal: stop.signal,
      }).output();
      const said = complaint(output.stderr);
      if (stop.signal.aborted) throw this.#failed(`did not finish within ${PATIENCE / 1000} s${said}`);
      if (!output.success) throw this.#failed(`failed with code ${output.code}${said}`);
      return this.#read(output.stdout);
    } catch (error) {
      throw this.#explain(error);
    } finally {
      cancel();
    }
  }

  #read(stdout: Uint8Array): ExecCredential {
    let printed: unknown;
    try {
      printed = JSON.parse(new TextDecoder().decode(stdout));
    } catch {
      // No cause: the parser's message quotes what was printed.
      throw this.#failed("printed something that is not JSON");
    }
    const status = rawObject(rawObject(printed)["status"]);
    const expires = Date.parse(rawText(status["expirationTimestamp"]) ?? "");
    const credential = {
      token: rawText(status["token"]),
      cert: rawText(status["clientCertificateData"]),
      key: rawText(status["clientKeyData"]),
    };
    if (credential.token === null && (credential.cert === null || credential.key === null)) {
      throw this.#failed("printed no token and no client certificate");
    }
    this.#expires = Number.isNaN(expires) ? Infinity : expires;
    return credential;
  }

  #explain(error: unknown): unknown {
    const hint = this.#hint === null ? "" : `. ${oneLine(this.#hint)}`;
    if (error instanceof Deno.errors.NotFound) return this.#failed(`is not installed${hint}`, { cause: error });
    if (error instanceof Deno.errors.NotCapable) {
      return this.#failed("may not be run by this process (allow it to run)", { cause: error });
    }
    if (error instanceof Deno.errors.PermissionDenied) return this.#failed("is not executable", { cause: error });
    return error;
  }

  #failed(what: string, options?: ErrorOptions): AccessError {
    return new AccessError("unauthorized", `the kubeconfig's credential plugin '${this.#command}' ${what}`, options);
  }
}

function execInfo(apiVersion: string, exec: Raw, cluster: Raw): string {
  const spec: Record<string, unknown> = { interactive: false };
  if (exec["provideClusterInfo"] === true) {
    const extension = rawList(cluster["extensions"]).map(rawObject)
      .find((one) => one["name"] === "client.authentication.k8s.io/exec")?.["extension"];
    spec["cluster"] = {
      server: cluster["server"],
      "tls-server-name": cluster["tls-server-name"],
      "insecure-skip-tls-verify": cluster["insecure-skip-tls-verify"],
      "certificate-authority-data": cluster["certificate-authority-data"],
      "proxy-url": cluster["proxy-url"],
      ...(isRawObject(extension) ? { config: extension } : {}),
    };
  }
  return JSON.stringify({ apiVersion, kind: "ExecCredential", spec });
}

/** What a failed plugin said last, for a person. */
function complaint(stderr: Uint8Array): string {
  const lines = new TextDecoder().decode(stderr).split("\n").map((line) => line.trim()).filter((line) => line !== "");
  const last = lines.slice(-3).join(" / ");
  return last === "" ? "" : `: ${oneLine(last)}`;
}
