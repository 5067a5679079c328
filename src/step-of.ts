// The name of a step of one assignment: what it is, and about which requests. A step that could not be written is put off
// under this name, while the others go on.

/** The same for the same step of the same assignment, whenever it is planned. */
export function stepOf(rule: string, requestIds: readonly string[]): string {
  return `${rule}#${requestIds.join(',')}`;
}
