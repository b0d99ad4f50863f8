/**
 * The lint plugin of this project: the rules of docs/architecture.md that the language does not check. Loaded by `deno lint`,
 * which asks for a default export: the only one there is.
 */
import { DOORS, PLATFORM_FILES, type Room, ROOMS, ROOTS, TIME_FILES } from "./layers.ts";

/** The project's root, with a slash at its end. */
const PROJECT = decodeURIComponent(new URL("../", import.meta.url).pathname);

/** A path from the project's root. `deno lint` gives absolute ones. */
function projectPath(filename: string): string {
  const path = decodeURIComponent(filename.replace(/^file:\/\//, ""));
  return path.startsWith(PROJECT) ? path.slice(PROJECT.length) : path;
}

/** The path from `src/`, or null for a file elsewhere. */
function sourcePath(filename: string): string | null {
  const path = projectPath(filename);
  return path.startsWith("src/") ? path.slice("src/".length) : null;
}

/** The folder under `src/` that a path is in; null for a file directly in it. */
function roomOf(path: string): string | null {
  const slash = path.indexOf("/");
  return slash < 0 ? null : path.slice(0, slash);
}

/** Where a relative specifier leads from a file, as a path from the project's root. */
function resolveFrom(file: string, specifier: string): string {
  return decodeURIComponent(new URL(specifier, `file:///${file}`).pathname.slice(1));
}

/** Calls `check` for everything that a file imports, in whatever way it says so. */
function eachImport(check: (specifier: string, node: Deno.lint.Node) => void): Deno.lint.LintVisitor {
  const visit = (node: Deno.lint.Node, source: Deno.lint.Node | null) => {
    if (source?.type === "Literal" && typeof source.value === "string") check(source.value, node);
  };
  return {
    ImportDeclaration: (node) => visit(node, node.source),
    ExportAllDeclaration: (node) => visit(node, node.source),
    ExportNamedDeclaration: (node) => visit(node, node.source),
    ImportExpression: (node) => visit(node, node.source),
    TSImportType: (node) => visit(node, node.argument.type === "TSLiteralType" ? node.argument.literal : node.argument),
  };
}

/** Why a room may not import a file under `src/`, or null. */
function layerProblem(from: string, to: string): string | null {
  const own = roomOf(from);
  const other = roomOf(to);
  if (own === null) return ROOTS.includes(from) ? null : `src/${from} is in no room: move it into one`;
  const room = ROOMS[own];
  if (room === undefined) return `room ${own} is not in tasks/layers.ts: say there what it may import`;
  if (own === other || room.imports === "all") return null;
  if (other === null) return `${own} must not import src/${to}: that file joins the rooms`;
  if (room.imports.some((allowed) => to.startsWith(`${allowed}/`))) return null;
  return `${own} must not import ${other}: it may import ${room.imports.join(", ") || "nothing"}`;
}

/** The package that a specifier names, without version and path inside of it. */
function packageOf(specifier: string): string {
  const match = /^(?:npm:\/?)?((?:@[^/]+\/)?[^/@]+)/.exec(specifier);
  return match?.[1] ?? specifier;
}

const imports: Deno.lint.Rule = {
  create: (context) => {
    const path = sourcePath(context.filename);
    if (path === null) return {};
    return eachImport((specifier, node) => {
      if (specifier.startsWith(".")) {
        const target = resolveFrom(`src/${path}`, specifier);
        const message = target.startsWith("src/")
          ? layerProblem(path, target.slice("src/".length))
          : "src must not import what is outside of it";
        if (message !== null) context.report({ node, message });
        return;
      }
      if (/^(?:https?|jsr|file):/.test(specifier)) {
        context.report({ node, message: `${specifier}: name packages in deno.json, with their exact version` });
      }
      const name = packageOf(specifier);
      const door = Object.hasOwn(DOORS, name) ? DOORS[name] : undefined;
      if (door !== undefined && path !== door && !(door.endsWith("/") && path.startsWith(door))) {
        context.report({ node, message: `only src/${door} imports ${name}` });
      }
    });
  },
};

const platform: Deno.lint.Rule = {
  create: (context) => {
    const path = sourcePath(context.filename);
    if (path === null || PLATFORM_FILES.includes(path)) return {};
    const name = roomOf(path);
    const room: Room | undefined = name === null ? undefined : ROOMS[name];
    if (room?.platform === true) return {};
    const who = name ?? `src/${path}`;
    return {
      ...eachImport((specifier, node) => {
        if (!specifier.startsWith("node:")) return;
        context.report({
          node,
          message: `${who} must not import ${specifier}`,
          hint: "take an interface of src/model",
        });
      }),
      'Identifier[name="Deno"]': (node: Deno.lint.Identifier) => {
        context.report({ node, message: `${who} must not use Deno`, hint: "take an interface of src/model" });
      },
    };
  },
};

const TIMERS = ["setTimeout", "setInterval", "setImmediate"];

/** Members that read the time or chance, by the object they are of. */
const READINGS: Readonly<Record<string, readonly string[]>> = {
  Date: ["now"],
  performance: ["now"],
  Math: ["random"],
  AbortSignal: ["timeout"],
};

const time: Deno.lint.Rule = {
  create: (context) => {
    const path = sourcePath(context.filename);
    if (path === null || TIME_FILES.includes(path)) return {};
    const hint = "take a Clock or a Random of src/model/world.ts";
    // Where the rooms are joined the real ones are handed over.
    const joins = roomOf(path) === null || roomOf(path) === "wiring";
    return {
      ...eachImport((specifier, node) => {
        if (/^node:timers/.test(specifier)) context.report({ node, message: `no ${specifier} here`, hint });
      }),
      CallExpression: (node) => {
        if (node.callee.type !== "Identifier" || !TIMERS.includes(node.callee.name)) return;
        context.report({ node, message: `no bare ${node.callee.name}`, hint });
      },
      MemberExpression: (node) => {
        const { object, property } = node;
        if (object.type !== "Identifier" || property.type !== "Identifier") return;
        if (!Object.hasOwn(READINGS, object.name) || READINGS[object.name]?.includes(property.name) !== true) return;
        if (joins && object.name === "Math") return;
        context.report({ node, message: `no bare ${object.name}.${property.name}`, hint });
      },
      NewExpression: (node) => {
        if (node.callee.type !== "Identifier" || node.callee.name !== "Date" || node.arguments.length > 0) return;
        context.report({ node, message: "no bare new Date()", hint });
      },
    };
  },
};

const noDefaultExport: Deno.lint.Rule = {
  create: (context) => {
    if (projectPath(context.filename) === "tasks/lint_layers.ts") return {};
    const message = "no default exports: a name says what it is, everywhere the same";
    return {
      ExportDefaultDeclaration: (node) => context.report({ node, message }),
      ExportSpecifier: (node) => {
        const { exported } = node;
        const name = exported.type === "Identifier" ? exported.name : "";
        if (name === "default") context.report({ node, message });
      },
    };
  },
};

const fileNames: Deno.lint.Rule = {
  create: (context) => ({
    Program: (node) => {
      const name = projectPath(context.filename).split("/").at(-1) ?? "";
      if (/^index\.[jt]sx?$/.test(name)) {
        context.report({ node, message: "no index files: name the file after its concept" });
      } else if (!/^[a-z0-9_]+(?:\.d)?\.[jt]sx?$/.test(name)) {
        context.report({ node, message: `${name}: file names are in snake_case` });
      }
    },
  }),
};

const noEnum: Deno.lint.Rule = {
  create: (context) => ({
    TSEnumDeclaration: (node) => context.report({ node, message: "no enums: a union of literals is plain data" }),
  }),
};

const plugin: Deno.lint.Plugin = {
  name: "berth",
  rules: {
    imports,
    platform,
    time,
    "no-default-export": noDefaultExport,
    "file-names": fileNames,
    "no-enum": noEnum,
  },
};

export default plugin;
