/** How a child program ended. */
export type ChildEnd =
  /** `code` is what a shell would say: 128 and the signal's number where a signal ended it. */
  | { readonly kind: "exited"; readonly code: number }
  | { readonly kind: "not-found" }
  | { readonly kind: "cannot-run"; readonly detail: string };

/**
 * Runs a program in this one's place: it has our standard streams, our environment with `env` laid over it, and gets the
 * signals that we are sent. `begin` is called once those are listened for, right before the program starts. Resolves when
 * it has ended; rejects only with what `begin` throws, and nothing was started then.
 */
export type RunChild = (
  argv: readonly string[],
  options: { readonly env: ReadonlyMap<string, string>; readonly begin: () => void },
) => Promise<ChildEnd>;
