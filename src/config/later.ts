/**
 * Values that version 1 of the file has and this version of berth does not take yet, by the name of their key. They are refused as "not
 * supported yet". To make one live: give it to the schema and delete it here.
 */
export const LATER_VALUES: ReadonlyMap<string, readonly string[]> = new Map([
  ["route", ["published", "kubectl"]],
]);
