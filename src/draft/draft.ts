/**
 * A first `forwards.yaml`, before it is written: what another tool's file, a script or a cluster says, in berth's terms. Names are wishes and
 * need not be valid or different from each other: `finishDraft` sees to that.
 */
export interface Draft {
  readonly clusters: readonly DraftCluster[];
  readonly forwards: readonly DraftForward[];
  readonly defaults?: DraftDefaults;
  readonly notes: readonly Note[];
}

/** A cluster that forwards lead to. */
export interface DraftCluster {
  /** What `DraftForward.cluster` says; equal ones are one cluster. */
  readonly id: string;
  /** The name it is to have. */
  readonly name: string;
  /** Absent: `$KUBECONFIG`, else `~/.kube/config`. */
  readonly kubeconfig?: string;
  /** Absent: the current one. */
  readonly context?: string;
  readonly kecs?: { readonly instance: string; readonly region: string };
  /** Whether it is simulated; nothing of the above goes with it. */
  readonly sandbox?: boolean;
}

/** What a forward leads to. */
export type DraftTarget =
  | {
    readonly kind: "service" | "pod" | "deployment" | "statefulset";
    readonly namespace: string;
    readonly name: string;
  }
  | { readonly kind: "selector"; readonly namespace: string; readonly labels: Readonly<Record<string, string>> }
  | { readonly kind: "ecsService" | "ecsTask"; readonly ecsCluster: string; readonly name: string }
  /** A port of the nodes; the forward's port is its number. */
  | { readonly kind: "nodePort" };

/** One forward. */
export interface DraftForward {
  /** The name it is to have. */
  readonly name: string;
  /** The `id` of its cluster. */
  readonly cluster: string;
  readonly target: DraftTarget;
  readonly port: number | string;
  readonly local: number | "auto";
  /** Absent: the default. */
  readonly bind?: readonly string[];
  /** Absent: the default, true. */
  readonly reconnect?: boolean;
  /** Where it stands in the source; null where that has no lines. */
  readonly line: number | null;
}

/** Values for all forwards, in the words of the file. */
export interface DraftDefaults {
  readonly every?: string;
  readonly initial?: string;
}

/** Something that could not be carried over as it was. */
export interface Note {
  /** `left-out`: a forward that is not in the result. `lost`: a setting that is not. `changed`: it is, but not in the same way. */
  readonly kind: "left-out" | "lost" | "changed";
  /** The line of the source, from 1; null where it has none. */
  readonly line: number | null;
  /** What it is about: a name, a key, a command. Never a secret. */
  readonly what: string;
  readonly why: string;
}

/** A finished `forwards.yaml`. */
export interface Finished {
  /** The whole text. It is valid, whatever the draft said. */
  readonly text: string;
  /** How many forwards it has, those to NodePorts among them. */
  readonly forwards: number;
  /** In the order of the source. */
  readonly notes: readonly Note[];
}
