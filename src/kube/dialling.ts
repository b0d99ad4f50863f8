/** What is not usual about connecting to an API server. */
export interface Dialling {
  /** The HTTP proxy that connections go through (CONNECT), `http:` or `https:`, with its credentials; null: none. */
  readonly proxy: URL | null;
  /** The name that the server's certificate must be valid for, where it is not the address's. */
  readonly serverName: string | null;
  /** The server's certificate is not checked. */
  readonly insecure: boolean;
}
