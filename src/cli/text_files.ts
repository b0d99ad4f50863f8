/** What reading a text gives. `message` is for people and names the file. */
export type TextRead =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "failed"; readonly message: string };

/** What writing one gives. */
export type TextWritten =
  /** `shown`: its path as people want to read it. */
  | { readonly kind: "written"; readonly shown: string }
  /** It was there before, and is as it was. */
  | { readonly kind: "exists"; readonly shown: string }
  | { readonly kind: "failed"; readonly message: string };

/** Texts of the person: files by paths from the current folder, and the standard input, `-`. Never rejects. */
export interface TextFiles {
  read(path: string): Promise<TextRead>;
  /** Writes a whole file. Only with `replace` one that is there already. */
  write(path: string, text: string, options: { readonly replace: boolean }): Promise<TextWritten>;
}
