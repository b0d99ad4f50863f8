import { parseChoice } from "../../draft/choice.ts";
import { type Candidate, candidatesOf, draftOf } from "../../draft/from_cluster.ts";
import { oneLine } from "../../view/text.ts";
import { AccessError } from "../../model/cluster_access.ts";
import type { Survey } from "../../model/survey.ts";
import { Console, type Failure } from "../console.ts";
import type { CliContext } from "../context.ts";
import { EXIT } from "../exit_codes.ts";
import { describeFailure, guarded } from "../failures.ts";
import { putText } from "../put_text.ts";
import type { CliServices, SurveyChoice } from "../services.ts";

/** The flags of `init`. */
export interface InitFlags {
  readonly context?: string;
  readonly kubeconfig?: string;
  readonly sandbox?: boolean;
  readonly namespace?: string;
  readonly all?: boolean;
  readonly out?: string;
  readonly input: boolean;
}

/** `init`: a `forwards.yaml` out of what a cluster has. */
export async function init(this: CliContext, flags: InitFlags): Promise<void> {
  const { services } = this;
  const console = new Console(services, { json: false });
  const body = async (signal: AbortSignal): Promise<number> => {
    const { context, kubeconfig, namespace } = flags;
    const sandbox = flags.sandbox === true;
    if (sandbox && (context !== undefined || kubeconfig !== undefined)) {
      return console.fail({
        code: "usage",
        message: "--sandbox is a cluster of its own: it goes with neither --context nor --kubeconfig",
        exit: EXIT.usage,
      });
    }
    const place = {
      ...(context === undefined ? {} : { context }),
      ...(kubeconfig === undefined ? {} : { kubeconfig }),
      ...(namespace === undefined ? {} : { namespace }),
    };
    const survey = await surveyOr(services, { choice: { ...place, sandbox }, signal });
    signal.throwIfAborted();
    if ("code" in survey) return console.fail(survey);
    const { cluster, candidates } = candidatesOf(survey, {
      cluster: sandbox ? { name: "play", sandbox } : { name: context ?? "current", ...place },
      ...(namespace === undefined ? {} : { namespace }),
    });
    if (candidates.length === 0) {
      return console.fail({
        code: "nothing-there",
        message: `No Service with a TCP port in ${namespace === undefined ? "the cluster" : `namespace ${namespace}`}`,
        ...(namespace === undefined ? { help: "Name a namespace of the system with --namespace" } : {}),
        exit: EXIT.failed,
      });
    }
    const chosen = flags.all === true ? candidates : choose(candidates, { services, console, input: flags.input });
    if (typeof chosen === "number") return chosen;
    const { finishDraft } = await import("../../draft/finish.ts");
    const { text } = finishDraft(draftOf(cluster, chosen), {
      header: ["Made by berth init. The local ports follow from the names: write local: 8080 to choose one."],
    });
    const out = flags.out ?? "forwards.yaml";
    const written = await putText(text, { services, console, out });
    if (written === EXIT.ok && out !== "-") {
      const file = out === "forwards.yaml" ? "" : ` -f ${out}`;
      console.say(`It has ${chosen.length === 1 ? "1 forward" : `${chosen.length} forwards`}.`);
      console.say(`See what up would do: ${services.program} plan${file}`);
    }
    return written;
  };
  this.exit(await guarded(services, { body, fail: (failure) => console.fail(failure) }));
}

/** What the cluster has, or why that is not known and what else there is to look at. */
async function surveyOr(
  services: CliServices,
  { choice, signal }: { readonly choice: SurveyChoice; readonly signal: AbortSignal },
): Promise<Survey | Failure> {
  try {
    return await services.survey(choice, signal);
  } catch (error) {
    if (!(error instanceof AccessError) || choice.sandbox) throw error;
    return {
      ...describeFailure(error),
      help:
        `Name another cluster with --context or --kubeconfig, or begin with a simulated one: '${services.program} init --sandbox'`,
    };
  }
}

/** What the person picks, or the exit code where nothing is picked. */
function choose(
  candidates: readonly Candidate[],
  { services, console, input }: {
    readonly services: CliServices;
    readonly console: Console;
    readonly input: boolean;
  },
): readonly Candidate[] | number {
  let question = "Which of them? Numbers such as 1,3-5, Enter for all, none for none:";
  const cannotAsk = () =>
    console.fail({
      code: "usage",
      message: "There is no terminal to ask on",
      help: "Take all with --all, or those of one namespace with --namespace NAME --all",
      exit: EXIT.usage,
    });
  if (!input) return cannotAsk();
  for (let shown = false;;) {
    // The list goes with the question: where nobody can be asked it is not shown either.
    const asked = services.ask(`${shown ? "" : listText(candidates)}${question}`);
    shown = true;
    if (asked === "cannot-ask") return cannotAsk();
    if (asked === "gone") return EXIT.interrupted;
    const picked = parseChoice(asked.answer, candidates.length);
    if (picked?.length === 0) {
      console.say("Nothing is written.");
      return EXIT.ok;
    }
    if (picked !== null) return picked.flatMap((index) => candidates[index] ?? []);
    question = `Numbers from 1 to ${candidates.length}, such as 1,3-5, Enter for all, none for none:`;
  }
}

function listText(candidates: readonly Candidate[]): string {
  const numbers = String(candidates.length).length;
  const width = Math.max(...candidates.map(({ what }) => oneLine(what).length));
  return candidates.map(({ what, port }, index) =>
    `${String(index + 1).padStart(numbers + 2)}  ${oneLine(what).padEnd(width)}  ${oneLine(port)}\n`
  ).join("");
}
