import type { TaskRefProblem } from "../conventions/task_ref.ts";
import { quoted } from "./rules.ts";

/** What to say of a text that names no task. */
export function taskWords(problem: TaskRefProblem, text: string): { readonly message: string; readonly help: string } {
  const form = "write cluster/id, or arn:aws:ecs:region:account:task/cluster/id";
  switch (problem) {
    case "not-a-task-arn":
      return { message: `${quoted(text)} is not the ARN of an ECS task`, help: form };
    case "arn-without-cluster":
      return { message: "This ARN does not say the task's cluster", help: "write cluster/id instead" };
    case "bad-region":
      return { message: "The region of this ARN is not valid", help: form };
    case "bad-account":
      return { message: "The account of this ARN is not valid", help: "an account has 12 digits" };
    case "bad-cluster":
      return { message: `The ECS cluster in ${quoted(text)} is not a valid name`, help: form };
    case "bad-id":
      return {
        message: `The task id in ${quoted(text)} is not valid`,
        help: "an id has small letters, digits and '-'",
      };
    default:
      return problem satisfies never;
  }
}
