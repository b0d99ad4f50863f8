import type { Port } from "./port.ts";

/** A NodePort Service to make. */
export interface NewService {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly selector: Readonly<Record<string, string>>;
  readonly ports: readonly {
    readonly name: string;
    readonly port: Port;
    readonly targetPort: Port | string;
    /** Null: the API server chooses. */
    readonly nodePort: Port | null;
  }[];
}

/** How the making of a Service ended. What concerns the cluster as a whole rejects with `AccessError` instead. */
export type ServiceCreated =
  | { readonly kind: "created"; readonly nodePorts: readonly Port[] }
  /** A Service of that name is there already; these are its labels. */
  | { readonly kind: "exists"; readonly labels: Readonly<Record<string, string>> }
  /** One of the NodePorts is taken. `message`: the API server's words. */
  | { readonly kind: "taken"; readonly message: string }
  /** The API server does not accept it for another reason. */
  | { readonly kind: "refused"; readonly message: string };

/** Which Service to delete: one of that name made later is another one. */
export interface ServiceRef {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** The only writes that berth makes in a cluster. Both reject with `AccessError`, or with the signal's reason when aborted. */
export interface ServiceWriter {
  create(service: NewService, signal: AbortSignal): Promise<ServiceCreated>;
  /** `gone`: it was not there, or is another one by now; nothing was deleted. */
  delete(service: ServiceRef, signal: AbortSignal): Promise<"deleted" | "gone">;
}

/** What a companion Service of a target must select and lead to. */
export type Selection =
  | {
    readonly kind: "selects";
    readonly namespace: string;
    readonly selector: Readonly<Record<string, string>>;
    readonly targetPort: Port | string;
  }
  /** The target has a NodePort of its own. */
  | { readonly kind: "has-node-port"; readonly nodePort: Port }
  /** No Service can stand for it, or it is not there (`retry`: it may come). */
  | { readonly kind: "none"; readonly message: string; readonly retry: boolean };
