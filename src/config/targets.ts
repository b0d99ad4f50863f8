import { tagCollisions } from "../conventions/tags.ts";
import { isArn, isEcsName, parseTaskRef } from "../conventions/task_ref.ts";
import type { KecsSpec, Target } from "../model/workspace.ts";
import { isDnsLabel, isDnsSubdomain, isLabelKey, isLabelValue, nameHelp } from "./names.ts";
import type { Problem, Reporter } from "./reporter.ts";
import { quoted } from "./rules.ts";
import type { LooseForward } from "./schema.ts";
import { taskWords } from "./task_words.ts";
import { keyAt, partOf, tokenAt } from "./tokens.ts";
import { locate, type MapTree } from "./tree.ts";

/** The keys of a forward that say where it leads. */
const TARGET_KEYS = ["service", "pod", "deployment", "statefulset", "selector", "task"] as const;

/** What a target's words are read against. */
export interface TargetContext {
  readonly name: string;
  /** The KECS instance of the forward's cluster; null: none; undefined: not known, because its entry is wrong. */
  readonly kecs: KecsSpec | null | undefined;
  readonly clusterName: string | undefined;
  readonly root: MapTree;
  readonly reporter: Reporter;
  /** Whether a key of this forward is missing because it was reported. */
  readonly isBroken: (key: string) => boolean;
}

type Words = Omit<Problem, "at">;

/** Reads the one target of a forward and reports all that is wrong with it; undefined when there is no valid one. */
export function readTarget(forward: LooseForward, context: TargetContext): Target | undefined {
  return new TargetReader(forward, context).read();
}

class TargetReader {
  readonly #forward: LooseForward;
  readonly #context: TargetContext;
  readonly #path: readonly string[];

  constructor(forward: LooseForward, context: TargetContext) {
    this.#forward = forward;
    this.#context = context;
    this.#path = ["forwards", context.name];
  }

  read(): Target | undefined {
    const { root, name, reporter, isBroken } = this.#context;
    const own = locate(root, this.#path).tree;
    const written = TARGET_KEYS.filter((key) => own?.kind === "map" && own.entries.has(key));
    const [first, second] = written;
    if (this.#forward.tags !== undefined && first !== undefined && first !== "task") {
      this.#report(["tags"], { code: "PF0039", message: `'tags' goes with 'task', not with '${first}'` }, "key");
    }
    if (first === undefined) {
      if (this.#forward.tags !== undefined) {
        this.#report(["tags"], {
          code: "PF0039",
          message: "'tags' needs 'task'",
          help: "write task: with the ECS cluster's name",
        }, "key");
      } else if (!TARGET_KEYS.some(isBroken)) {
        this.#report([], {
          code: "PF0041",
          message: `Forward '${name}' has no target`,
          help: `add one of ${TARGET_KEYS.slice(0, -1).join(", ")} or ${TARGET_KEYS.at(-1)}`,
        }, "key");
      }
      return undefined;
    }
    if (second !== undefined) {
      const [one, other] = [keyAt(root, [...this.#path, first]), keyAt(root, [...this.#path, second])];
      reporter.report({
        code: "PF0042",
        message: `Forward '${name}' has more than one target`,
        at: other,
        notes: [{ message: `'${first}' is a target too`, at: one }],
        help: one.source === other.source
          ? "keep one, and write another forward for the other"
          : `write ${first}: null beside it to take the other one out`,
      });
    }
    const target = this.#target(first);
    return second === undefined ? target : undefined;
  }

  #target(key: typeof TARGET_KEYS[number]): Target | undefined {
    if (key === "selector") return this.#selector();
    const text = this.#forward[key];
    if (text === undefined) return undefined;
    if (key === "task") return this.#task(text);
    const parts = this.#parts(key, text);
    if (parts === undefined) return undefined;
    const [namespace, name] = parts;
    if (key !== "service") return this.#kubernetes(key, text, 253) ? { kind: key, namespace, name } : undefined;
    if (this.#context.kecs === undefined) return undefined;
    if (this.#context.kecs === null) {
      return this.#kubernetes(key, text, 63) ? { kind: key, namespace, name } : undefined;
    }
    const good = [
      this.#ecsName(key, text, { what: "cluster", name: namespace, from: 0 }),
      this.#ecsName(key, text, {
        what: "service",
        name,
        from: namespace.length + 1,
      }),
    ].every(Boolean);
    return good ? { kind: "ecsService", ecsCluster: namespace, name } : undefined;
  }

  /** The two parts around the one slash. */
  #parts(key: string, text: string): readonly [string, string] | undefined {
    const [first = "", second = "", ...more] = text.split("/");
    if (first !== "" && second !== "" && more.length === 0) return [first, second];
    const form = key === "service" && this.#context.kecs ? "cluster/name of an ECS service" : "namespace/name";
    this.#report([key], {
      code: "PF0033",
      message: `${quoted(text)} is not a ${key}`,
      help: /^[^/\s]+$/.test(text) ? `write ${form}, for example default/${text}` : `write ${form}`,
    });
    return undefined;
  }

  #kubernetes(key: string, text: string, longest: 63 | 253): boolean {
    const slash = text.indexOf("/");
    const fits = longest === 63 ? isDnsLabel : isDnsSubdomain;
    return [
      this.#kubernetesName(key, text, {
        what: "Namespace",
        name: text.slice(0, slash),
        from: 0,
        good: isDnsLabel,
        longest: 63,
      }),
      this.#kubernetesName(key, text, {
        what: `${capital(key)} name`,
        name: text.slice(slash + 1),
        from: slash + 1,
        good: fits,
        longest,
      }),
    ].every(Boolean);
  }

  #kubernetesName(
    key: string,
    text: string,
    part: { what: string; name: string; from: number; good: (name: string) => boolean; longest: 63 | 253 },
  ): boolean {
    if (part.good(part.name)) return true;
    this.#reportPart([key], { value: text, from: part.from, length: part.name.length }, {
      code: "PF0034",
      message: `${part.what} ${quoted(part.name)} is not a valid name`,
      help: nameHelp(part.name, part.longest),
    });
    return false;
  }

  #ecsName(key: string, text: string, part: { what: string; name: string; from: number }): boolean {
    if (isEcsName(part.name)) return true;
    this.#reportPart([key], { value: text, from: part.from, length: part.name.length }, {
      code: "PF0036",
      message: `ECS ${part.what} ${quoted(part.name)} is not a valid name`,
      help: "use letters, digits, '-' and '_', up to 255",
    });
    return false;
  }

  #selector(): Target | undefined {
    const { selector } = this.#forward;
    if (selector === undefined) return undefined;
    const { namespace, labels } = selector;
    let good = true;
    const bad = (path: readonly string[], words: Words, on: "key" | "value" = "value") => {
      good = false;
      this.#report(["selector", ...path], words, on);
    };
    if (!isDnsLabel(namespace)) {
      const help = nameHelp(namespace, 63);
      bad(["namespace"], { code: "PF0034", message: `Namespace ${quoted(namespace)} is not a valid name`, help });
    }
    if (Object.keys(labels).length === 0) {
      bad(["labels"], {
        code: "PF0028",
        message: "'labels' is empty",
        help: "without a label every pod of the namespace would fit",
      });
    }
    for (const [key, value] of Object.entries(labels)) {
      const help = "use letters, digits, '-', '_' and '.', beginning and ending with a letter or digit, up to 63";
      if (!isLabelKey(key)) {
        bad(["labels", key], { code: "PF0035", message: `${quoted(key)} is not a label's key`, help }, "key");
      }
      if (!isLabelValue(value)) {
        bad(["labels", key], { code: "PF0035", message: `${quoted(value)} is not a label's value`, help });
      }
    }
    return good ? { kind: "selector", namespace, labels: { ...labels } } : undefined;
  }

  #task(text: string): Target | undefined {
    const { kecs, clusterName } = this.#context;
    const { tags } = this.#forward;
    if (kecs === null) {
      this.#report(["task"], {
        code: "PF0044",
        message: `'task' needs a cluster that runs KECS${
          clusterName === undefined ? "" : `, and '${clusterName}' does not`
        }`,
        help: "add kecs: { instance: …, region: … } to the cluster, or use pod, deployment or selector",
      }, "key");
    }
    const goodTags = tags === undefined || this.#tags(tags);
    if (!text.includes("/") && !isArn(text)) return this.#taggedTask(text, tags, goodTags);
    if (tags !== undefined) {
      this.#report(["tags"], {
        code: "PF0039",
        message: `'tags' cannot go with the id of a task`,
        help: "take the tags out, or write only the ECS cluster's name as the task",
      }, "key");
    }
    const task = parseTaskRef(text);
    if (typeof task === "string") {
      this.#report(["task"], { code: "PF0037", ...taskWords(task, text) });
      return undefined;
    }
    if (task.region !== null && kecs && task.region !== kecs.region) {
      this.#reportPart(["task"], { value: text, from: text.indexOf(task.region), length: task.region.length }, {
        code: "PF0038",
        message: `Task is in region '${task.region}', its cluster in '${kecs.region}'`,
        help: "use the ARN of a task in this region, or another cluster",
      });
      return undefined;
    }
    return kecs && tags === undefined ? { kind: "ecsTask", ecsCluster: task.ecsCluster, id: task.id } : undefined;
  }

  #taggedTask(cluster: string, tags: LooseForward["tags"], goodTags: boolean): Target | undefined {
    if (!this.#ecsName("task", cluster, { what: "cluster", name: cluster, from: 0 })) return undefined;
    if (tags === undefined) {
      if (!this.#context.isBroken("tags")) {
        this.#report(["task"], {
          code: "PF0037",
          message: `Task '${cluster}' has neither an id nor tags`,
          help: `write task: ${cluster}/id, or add tags: { name: value }`,
        });
      }
      return undefined;
    }
    return this.#context.kecs && goodTags ? { kind: "ecsTags", ecsCluster: cluster, tags: { ...tags } } : undefined;
  }

  #tags(tags: Readonly<Record<string, string>>): boolean {
    const { root, reporter } = this.#context;
    let good = true;
    const bad = (path: readonly string[], words: Omit<Words, "code">, on: "key" | "value") => {
      good = false;
      this.#report(["tags", ...path], { code: "PF0039", ...words }, on);
    };
    if (Object.keys(tags).length === 0) {
      bad([], { message: "'tags' is empty", help: "without a tag every task would fit" }, "value");
    }
    for (const [key, value] of Object.entries(tags)) {
      if (key.trim() === "" || key.length > 128) bad([key], { message: `A tag's key has 1 to 128 characters` }, "key");
      if (value.length > 256) bad([key], { message: `A tag's value has up to 256 characters` }, "value");
    }
    for (const { label, keys } of tagCollisions(Object.keys(tags))) {
      good = false;
      const [first = "", ...others] = keys;
      for (const other of others) {
        reporter.report({
          code: "PF0040",
          message: `Tags '${first}' and '${other}' become one label, '${label}'`,
          at: keyAt(root, [...this.#path, "tags", other]),
          notes: [{ message: `'${first}' is`, at: keyAt(root, [...this.#path, "tags", first]) }],
          help: "keep one of them",
        });
      }
    }
    return good;
  }

  #report(path: readonly string[], words: Words, on: "key" | "value" = "value"): void {
    const { root, reporter } = this.#context;
    const full = [...this.#path, ...path];
    reporter.report({ ...words, at: on === "key" ? keyAt(root, full) : tokenAt(root, full) });
  }

  #reportPart(path: readonly string[], part: Parameters<typeof partOf>[1], words: Words): void {
    const { root, reporter } = this.#context;
    const at = partOf(tokenAt(root, [...this.#path, ...path]), part);
    reporter.report({ ...words, at });
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
