/** A place in a file a person wrote. Lines and columns count from 1, columns in UTF-16 units. */
export interface Where {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** How many columns the token spans, at least 1; it never crosses a line end. */
  readonly length: number;
}
