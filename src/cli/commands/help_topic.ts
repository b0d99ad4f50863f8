import { nearest } from "../../model/nearest.ts";
import { topicText } from "../../view/topic_text.ts";
import { Console } from "../console.ts";
import type { CliContext } from "../context.ts";
import { EXIT } from "../exit_codes.ts";
import { guarded } from "../failures.ts";
import { findTopic, topicNames } from "../topics.ts";

/** `help TOPIC`, for a key of forwards.yaml. `verbs`: what else there is help for. */
export async function helpTopic(
  this: CliContext,
  { topic, verbs }: { readonly topic: string; readonly verbs: readonly string[] },
): Promise<void> {
  const { services } = this;
  const console = new Console(services, { json: false });
  const body = async (): Promise<number> => {
    const schema = await services.schema();
    const found = findTopic(schema, topic);
    if (found === undefined) {
      const near = nearest(topic, [...verbs, ...topicNames(schema)]);
      return console.fail({
        code: "unknown-topic",
        message: `No verb and no key of forwards.yaml '${topic}'`,
        help: near === undefined
          ? `See '${services.program} help' for the verbs, and '${services.program} help forwards' for the keys`
          : `Did you mean '${near}'?`,
        exit: EXIT.usage,
      });
    }
    console.out(topicText(found, { theme: console.theme("stdout"), width: console.width("stdout") }));
    return EXIT.ok;
  };
  this.exit(await guarded(services, { body, fail: (failure) => console.fail(failure) }));
}
