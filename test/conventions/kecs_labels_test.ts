import assert from "node:assert/strict";
import {
  isTaskPod,
  namespaceOf,
  serviceObjectNames,
  servicePodLabels,
  taskPodLabels,
} from "../../src/conventions/kecs_labels.ts";

const labelled = (name: string, cluster: string, region: string) => ({
  name,
  labels: { "kecs.dev/cluster": cluster, "kecs.dev/region": region },
});

for (
  const [title, cluster, namespaces, want] of [
    ["the labelled one", { name: "default", region: "us-east-1" }, [labelled("odd", "default", "us-east-1")], "odd"],
    ["no namespaces known", { name: "default", region: "us-east-1" }, [], "default-us-east-1"],
    ["another region's label does not count", { name: "default", region: "us-east-1" }, [
      labelled("other", "default", "eu-west-1"),
    ], "default-us-east-1"],
    ["a name that could be split wrongly", { name: "a-us", region: "gov-west-1" }, [
      labelled("x", "a", "us-gov-west-1"),
    ], "a-us-gov-west-1"],
    ["unlabelled with the fallback's name", { name: "a", region: "us-gov-west-1" }, [
      { name: "a-us-gov-west-1", labels: {} },
    ], "a-us-gov-west-1"],
    ["of several the fallback's name wins", { name: "a", region: "r-x-1" }, [
      labelled("a-0", "a", "r-x-1"),
      labelled("a-r-x-1", "a", "r-x-1"),
    ], "a-r-x-1"],
    ["of several the first by name", { name: "a", region: "r-x-1" }, [
      labelled("z", "a", "r-x-1"),
      labelled("c", "a", "r-x-1"),
    ], "c"],
  ] as const
) {
  Deno.test(`namespaceOf: ${title}`, () => {
    assert.equal(namespaceOf(cluster, namespaces), want);
    assert.equal(namespaceOf(cluster, [...namespaces].reverse()), want);
  });
}

Deno.test("names and labels of services and tasks", () => {
  assert.deepEqual(serviceObjectNames("web"), ["web", "ecs-service-web"]);
  assert.deepEqual(serviceObjectNames("ecs-service-web"), ["ecs-service-web"]);
  assert.deepEqual(servicePodLabels("web"), { "kecs.dev/service": "web" });
  assert.deepEqual(taskPodLabels("abc"), { "kecs.dev/task-id": "abc" });
  assert.equal(isTaskPod({ "kecs.dev/task-id": "abc" }), true);
  assert.equal(isTaskPod({ "kecs.dev/task-id": "" }), false);
  assert.equal(isTaskPod({ "kecs.dev/service": "web" }), false);
});
