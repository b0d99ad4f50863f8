/** An error of the API: thrown by handlers, sent as a `Status` object. The texts follow the real API server's. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly code: number;
  readonly reason: string;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(of: {
    readonly code: number;
    readonly reason: string;
    readonly message: string;
    readonly details?: Readonly<Record<string, unknown>>;
  }) {
    super(of.message);
    this.code = of.code;
    this.reason = of.reason;
    this.details = of.details ?? {};
  }

  /** The `Status` object for it. */
  toStatus(): Readonly<Record<string, unknown>> {
    return {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: this.message,
      reason: this.reason,
      details: this.details,
      code: this.code,
    };
  }
}

/** What an error is about, in the API's words: `pods`, or `deployments.apps` outside the core group. */
export interface Subject {
  readonly group: string;
  readonly name: string;
  readonly kind: string;
}

function qualified(of: Subject): string {
  return of.group === "" ? of.name : `${of.name}.${of.group}`;
}

/** 404 for one object. */
export function notFound(of: Subject, name: string): ApiError {
  return new ApiError({
    code: 404,
    reason: "NotFound",
    message: `${qualified(of)} "${name}" not found`,
    details: { name, kind: of.name, ...(of.group === "" ? {} : { group: of.group }) },
  });
}

/** 404 for a path that no handler has. */
export function noSuchPath(): ApiError {
  return new ApiError({ code: 404, reason: "NotFound", message: "the server could not find the requested resource" });
}

/** 400. */
export function badRequest(message: string): ApiError {
  return new ApiError({ code: 400, reason: "BadRequest", message });
}

/** 401. */
export function unauthorized(): ApiError {
  return new ApiError({ code: 401, reason: "Unauthorized", message: "Unauthorized" });
}

/** 403 as RBAC says it. */
export function forbidden(
  of: Subject,
  options: {
    readonly verb: string;
    readonly resource: string;
    readonly name: string;
    readonly namespace: string | undefined;
  },
): ApiError {
  const what = `cannot ${options.verb} resource "${options.resource}" in API group "${of.group}"`;
  const scope = options.namespace === undefined ? "at the cluster scope" : `in the namespace "${options.namespace}"`;
  const name = options.name === "" ? "" : ` "${options.name}"`;
  return new ApiError({
    code: 403,
    reason: "Forbidden",
    message: `${qualified(of)}${name} is forbidden: User "sandbox" ${what} ${scope}`,
    details: { ...(options.name === "" ? {} : { name: options.name }), kind: of.name },
  });
}

/** 409 on creating what is there. */
export function alreadyExists(of: Subject, name: string): ApiError {
  return new ApiError({
    code: 409,
    reason: "AlreadyExists",
    message: `${qualified(of)} "${name}" already exists`,
    details: { name, kind: of.name },
  });
}

/** 409 on a write that starts from another version, or whose precondition does not hold. */
export function conflict(of: Subject, options: { readonly name: string; readonly why?: string }): ApiError {
  const why = options.why ??
    "the object has been modified; please apply your changes to the latest version and try again";
  return new ApiError({
    code: 409,
    reason: "Conflict",
    message: `Operation cannot be fulfilled on ${qualified(of)} "${options.name}": ${why}`,
    details: { name: options.name, kind: of.name },
  });
}

/** 410: the version asked for is older than what is kept. */
export function expired(message: string): ApiError {
  return new ApiError({ code: 410, reason: "Expired", message });
}

/** One wrong field. */
export interface FieldProblem {
  readonly field: string;
  readonly message: string;
}

/** 422. */
export function invalid(
  of: Subject,
  options: { readonly name: string; readonly problems: readonly FieldProblem[] },
): ApiError {
  const texts = options.problems.map(({ field, message }) => `${field}: ${message}`);
  return new ApiError({
    code: 422,
    reason: "Invalid",
    message: `${of.kind}${of.group === "" ? "" : `.${of.group}`} "${options.name}" is invalid: ${
      texts.length === 1 ? texts[0] : `[${texts.join(", ")}]`
    }`,
    details: {
      name: options.name,
      kind: of.kind,
      causes: options.problems.map(({ field, message }) => ({ reason: "FieldValueInvalid", message, field })),
    },
  });
}
