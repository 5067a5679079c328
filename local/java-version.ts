// Reads what `java -version` prints, which has changed its form over the years.

/**
 * The feature release: 8 for `1.8.0_392`, 17 for `17.0.15`, 22 for `22-ea`. Undefined where there is no version.
 * The line may come after others, such as `Picked up JAVA_TOOL_OPTIONS: …`.
 */
export function parseJavaVersion(output: string): number | undefined {
  const match = /\bversion "(?:1\.)?(\d+)/.exec(output);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}
