/** A task that a text names. */
export interface TaskRef {
  readonly ecsCluster: string;
  readonly id: string;
  /** Known where the text was an ARN. */
  readonly region: string | null;
}

/** Why a text names no task. */
export type TaskRefProblem =
  /** Not `arn:<partition>:ecs:<region>:<account>:task/…`. */
  | "not-a-task-arn"
  /** The old form of ARN, `…:task/<id>`, which does not say the cluster. */
  | "arn-without-cluster"
  | "bad-region"
  | "bad-account"
  | "bad-cluster"
  | "bad-id";

const CLUSTER = /^[A-Za-z0-9][A-Za-z0-9_-]{0,254}$/;
const ID = /^[a-z0-9]([a-z0-9-]{0,251}[a-z0-9])?$/;
const REGION = /^[a-z]{2,}(-[a-z]+)+-\d+$/;

/** Whether `text` is meant as an ARN. */
export function isArn(text: string): boolean {
  return text.startsWith("arn:");
}

/** Whether `name` may be the name of an ECS cluster or service: letters, digits, `-` and `_`, up to 255. */
export function isEcsName(name: string): boolean {
  return CLUSTER.test(name);
}

/** Whether `text` has the form of an AWS region: `us-east-1`, `us-gov-west-1`. */
export function isRegion(text: string): boolean {
  return REGION.test(text);
}

/**
 * Reads `<ecs cluster>/<task id>` or a task's ARN, `arn:aws:ecs:<region>:<account>:task/<cluster>/<id>` (any AWS
 * partition). KECS names the task's pod by its id, so an id must be able to name a pod.
 */
export function parseTaskRef(text: string): TaskRef | TaskRefProblem {
  if (!isArn(text)) return reference(text.split("/"), null);
  const [, partition, service, region = "", account = "", resource = "", ...rest] = text.split(":");
  const [type, ...path] = resource.split("/");
  if (!/^aws(-[a-z]+)*$/.test(partition ?? "") || service !== "ecs" || type !== "task" || rest.length > 0) {
    return "not-a-task-arn";
  }
  if (!isRegion(region)) return "bad-region";
  if (!/^\d{12}$/.test(account)) return "bad-account";
  if (path.length === 1 && path[0] !== "") return "arn-without-cluster";
  return reference(path, region);
}

function reference(path: readonly string[], region: string | null): TaskRef | TaskRefProblem {
  const [ecsCluster = "", id = ""] = path;
  if (!isEcsName(ecsCluster)) return "bad-cluster";
  return path.length === 2 && ID.test(id) ? { ecsCluster, id, region } : "bad-id";
}
