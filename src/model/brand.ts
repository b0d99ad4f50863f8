/** Nominal typing: a `Brand<number, "Port">` is a number that only its own constructor makes. */
declare const brand: unique symbol;

/** `T` marked with the name `B`; values of other brands, or of plain `T`, do not fit. */
export type Brand<T, B extends string> = T & { readonly [brand]: B };
