import type { Dialling } from "./dialling.ts";

/** How to talk to one API server: the address, the trust and the credentials. Holds secrets: never log it. */
export interface Transport {
  readonly server: URL;
  /** Why `server` is not the address that the kubeconfig says, in words; absent where it is. */
  readonly note?: string;
  /** PEM. Absent: the system's roots. */
  readonly caCerts?: readonly string[];
  /** Client certificate and key, PEM. */
  readonly cert?: string;
  readonly key?: string;
  /** Present where connecting takes more than the address and the certificates say, or where `fetch` would take a proxy by itself. */
  readonly dialling?: Dialling;
  /** Request headers that carry the credentials now (a bearer token); may run an exec plugin. Rejects with `AccessError`. */
  headers(signal: AbortSignal): Promise<Readonly<Record<string, string>>>;
  /** True where a program or a provider makes the credentials: asking again has a cost, and may bother a person. */
  readonly costly?: boolean;
  /** Forgets cached credentials: the next `headers` reads them anew. Called after a 401. */
  expire(): void;
}
