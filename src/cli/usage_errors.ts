import { ArgumentScannerError, formatMessageForArgumentScannerError } from "@stricli/core";

/** What is wrong with a command line, in one sentence for a person. */
export function usageWords(error: unknown): string {
  if (!(error instanceof ArgumentScannerError)) return error instanceof Error ? error.message : String(error);
  return formatMessageForArgumentScannerError(error, {
    AliasNotFoundError: ({ input }) => `No flag -${input}`,
    FlagNotFoundError: ({ input, corrections }) =>
      `No flag --${kebab(input)}${
        corrections.length === 0 ? "" : `. Did you mean ${corrections.map(flag).join(" or ")}?`
      }`,
    ArgumentParseError: ({ externalFlagNameOrPlaceholder: name, exception }) =>
      `${isFlag(name) ? flag(name) : name}: ${exception instanceof Error ? exception.message : String(exception)}`,
    EnumValidationError: ({ externalFlagName: name, input, values }) =>
      `${flag(name)}: '${input}' is none of ${values.join(", ")}`,
    UnsatisfiedFlagError: ({ externalFlagName: name }) => `${flag(name)} needs a value`,
    UnsatisfiedPositionalError: ({ placeholder }) => `${placeholder} is missing`,
    UnexpectedPositionalError: ({ input }) => `One word too many: '${input}'`,
    UnexpectedFlagError: ({ externalFlagName: name, previousInput, input }) =>
      `${flag(name)} is given twice: '${previousInput}' and '${input}'`,
  });
}

/** The parser has one name for both: flags are in small letters, what stands for a word is not. */
function isFlag(name: string): boolean {
  return /^[a-z][A-Za-z-]*$/.test(name);
}

function flag(name: string): string {
  return `--${kebab(name.replace(/^--/, ""))}`;
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
