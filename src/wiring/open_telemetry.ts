/** What of this process Deno's OpenTelemetry exports. */
export interface OpenTelemetry {
  /** Spans of requests, with their whole addresses. */
  readonly spans: boolean;
  /** What goes to the console is exported, and written nowhere else. */
  readonly console: boolean;
}

/** Reads it off the variables by which Deno decides (Deno's manual, OpenTelemetry). */
export function openTelemetry(env: (name: string) => string | undefined): OpenTelemetry {
  const is = (name: string, value: string) => env(name)?.toLowerCase() === value;
  const on = is("OTEL_DENO", "true") && !is("OTEL_SDK_DISABLED", "true");
  return {
    spans: on && !is("OTEL_DENO_TRACING", "false"),
    console: on && is("OTEL_DENO_CONSOLE", "replace"),
  };
}
