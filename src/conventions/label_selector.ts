/** What a selector asks of one label. Source: `LabelSelectorRequirement` of Kubernetes' apimachinery. */
export interface Requirement {
  readonly key: string;
  readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
  /** Empty with `Exists` and `DoesNotExist`. */
  readonly values: readonly string[];
}

/** Whether labels, or none, meet one requirement. A label that is not there meets `NotIn`. */
export function meets(
  labels: Readonly<Record<string, string>> | undefined,
  { key, operator, values }: Requirement,
): boolean {
  const value = labels?.[key];
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    default:
      return operator satisfies never;
  }
}
