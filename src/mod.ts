/**
 * Berth as a library: read a `forwards.yaml`, plan, and keep a machine equal to it.
 *
 * What acts on the world comes in through interfaces: see `ForwardWorld`, and `docs/architecture.md` for how the program itself is put together.
 *
 * @module
 */
export { parseWorkspace } from "./config/parse.ts";
export type { ParseOptions, ParseResult } from "./config/workspace.ts";
export type { Diagnostic } from "./diagnostics/diagnostic.ts";
export { renderDiagnostics } from "./diagnostics/render.ts";
export { bindKind, type BoundAction, type BoundKind, planAll } from "./engine/bound_kind.ts";
export { type ActionResult, execute, NO_PERMISSIONS, type Permissions } from "./engine/executor.ts";
export { createLoop, type LoopOptions, type PassReport, type ReconcileLoop } from "./engine/loop.ts";
export { orderActions, planOf } from "./engine/plan.ts";
export type { PlannedAction, ResourceKind } from "./engine/resource_kind.ts";
export type { Forwarders, ForwarderView, RunningForward } from "./model/forwarders.ts";
export type { Action, Outcome, Plan } from "./model/plan.ts";
export type { ClusterSpec, ForwardSpec, Target, Workspace } from "./model/workspace.ts";
export { forwardKind } from "./resources/forward/kind.ts";
export type { ForwardWorld } from "./resources/forward/world.ts";
