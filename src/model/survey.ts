/** What a cluster has that a forward may lead to, as one look found it. */
export interface Survey {
  readonly namespaces: readonly SurveyNamespace[];
  readonly services: readonly SurveyService[];
  /** Pods that KECS made for a task. */
  readonly tasks: readonly SurveyTask[];
}

/** A namespace with its labels. Where they may not be listed there are none. */
export interface SurveyNamespace {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** A Service. */
export interface SurveyService {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Whether it is only another name for a host outside (ExternalName). */
  readonly external: boolean;
  readonly ports: readonly SurveyPort[];
}

/** A port of a Service or of a task's container. */
export interface SurveyPort {
  readonly port: number;
  readonly name: string | null;
  readonly protocol: string;
}

/** A task. */
export interface SurveyTask {
  readonly namespace: string;
  readonly id: string;
  readonly ports: readonly SurveyPort[];
}
