/** The program: joins the command line to the real world. */
import { runCli } from "./cli/app.ts";
import { realServices } from "./wiring/services.ts";

if (import.meta.main) {
  Deno.exitCode = await runCli(Deno.args, realServices());
}
