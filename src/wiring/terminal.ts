import process from "node:process";
import type { CliServices } from "../cli/services.ts";
import type { Terminal } from "../tui/terminal.ts";

/** Signals that end the process where nobody listens to them. */
const DEADLY: readonly { readonly signal: Deno.Signal; readonly code: number }[] = [
  { signal: "SIGHUP", code: 129 },
  { signal: "SIGQUIT", code: 131 },
];

/** This process' terminal, for a screen. */
export function processTerminal(services: Pick<CliServices, "stdout" | "size" | "onResize">): Terminal {
  return {
    write: (text) => services.stdout.write(text),
    size: () => services.size(),
    onResize: (listener) => services.onResize(listener),
    keyboard: Deno.stdin.isTerminal(),
    onInput(listener): () => void {
      const { stdin } = process;
      const decoder = new TextDecoder();
      const onData = (bytes: Uint8Array) => listener(decoder.decode(bytes, { stream: true }));
      // Not `Deno.stdin`: a read of that cannot be taken back, and would swallow the first key that is meant for an editor.
      stdin.setRawMode(true);
      stdin.on("data", onData);
      stdin.resume();
      return () => {
        stdin.off("data", onData);
        stdin.pause();
        stdin.setRawMode(false);
      };
    },
    onCrash(listener): () => void {
      const ends = DEADLY.map(({ signal, code }) => {
        const onSignal = () => {
          listener();
          Deno.exit(code);
        };
        Deno.addSignalListener(signal, onSignal);
        return () => Deno.removeSignalListener(signal, onSignal);
      });
      const events = ["error", "unhandledrejection", "unload"];
      for (const event of events) globalThis.addEventListener(event, listener);
      return () => {
        for (const end of ends) end();
        for (const event of events) globalThis.removeEventListener(event, listener);
      };
    },
  };
}
