import assert from "node:assert/strict";
import { isEcsName, isRegion, parseTaskRef } from "../../src/conventions/task_ref.ts";

const arn = (resource: string, region = "us-east-1", account = "123456789012") =>
  `arn:aws:ecs:${region}:${account}:${resource}`;

for (
  const [text, want] of [
    ["default/abc123", { ecsCluster: "default", id: "abc123", region: null }],
    ["My_Cluster/0f-1", { ecsCluster: "My_Cluster", id: "0f-1", region: null }],
    [arn("task/default/abc"), { ecsCluster: "default", id: "abc", region: "us-east-1" }],
    [arn("task/d/abc", "us-gov-west-1").replace("aws:", "aws-us-gov:"), {
      ecsCluster: "d",
      id: "abc",
      region: "us-gov-west-1",
    }],
    [arn("task/abc"), "arn-without-cluster"],
    [arn("service/default/abc"), "not-a-task-arn"],
    ["arn:aws:s3:us-east-1:123456789012:task/a/b", "not-a-task-arn"],
    ["arn:gcp:ecs:us-east-1:123456789012:task/a/b", "not-a-task-arn"],
    [arn("task/a/b:c"), "not-a-task-arn"],
    ["arn:", "not-a-task-arn"],
    [arn("task/a/b", "useast"), "bad-region"],
    [arn("task/a/b", ""), "bad-region"],
    [arn("task/a/b", "us-east-1", "12"), "bad-account"],
    [arn("task/a b/c"), "bad-cluster"],
    [arn("task/a/b/c"), "bad-id"],
    [arn("task/"), "bad-cluster"],
    ["default", "bad-id"],
    ["default/", "bad-id"],
    ["/abc", "bad-cluster"],
    ["default/ABC", "bad-id"],
    ["default/a/b", "bad-id"],
    ["default/-a", "bad-id"],
  ] as const
) {
  Deno.test(`parseTaskRef: ${text}`, () => assert.deepEqual(parseTaskRef(text), want));
}

Deno.test("isEcsName and isRegion", () => {
  for (const good of ["a", "A_b-1", "x".repeat(255)]) assert.ok(isEcsName(good), good);
  for (const bad of ["", "-a", "a/b", "a.b", "x".repeat(256)]) assert.ok(!isEcsName(bad), bad);
  for (const good of ["us-east-1", "ap-southeast-2", "us-gov-west-1", "us-iso-east-1"]) assert.ok(isRegion(good), good);
  for (const bad of ["", "us", "us-east", "US-EAST-1", "us-east-1a"]) assert.ok(!isRegion(bad), bad);
});
