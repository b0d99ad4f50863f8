import type { ForwardDetails, ForwardVerb } from "../model/forward_details.ts";
import type { Key } from "../model/key.ts";
import type { Outcome, Plan } from "../model/plan.ts";
import type { Where } from "../model/source.ts";
import type { Event } from "../model/status.ts";
import type { StatusDocument } from "../model/status_document.ts";

/** The running berth as the screen sees it: in this process, or behind its control socket. Rejections are shown in their words. */
export interface TuiSource {
  status(): Promise<StatusDocument>;
  /** Calls `onEvent` at each event from now on, `onEnd` once when no more can come. Returns the way to stop that. */
  subscribe(on: { readonly onEvent: (event: Event) => void; readonly onEnd: () => void }): () => void;
  /** Null where there is no forward of that name. */
  details(name: string): Promise<ForwardDetails | null>;
  /** What a pass would do now. */
  plan(): Promise<Plan>;
  /** Lets the gated actions of these keys through, once. */
  approve(keys: readonly Key[]): Promise<void>;
  control(name: string, verb: ForwardVerb): Promise<Outcome>;
  /** Where the forward stands in the file as it is now; null where it is not written there, or the file cannot be read. */
  where(name: string): Promise<Where | null>;
}
