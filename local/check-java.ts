// Whether this machine can run DynamoDB Local, told before anything is started.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { parseJavaVersion } from './java-version.ts';

const JAVA_MIN = 17;
const REMEDY = `DynamoDB Local needs Java ${JAVA_MIN} or later; on Debian it is in the package openjdk-17-jre-headless`;

/** Throws an error that names the package to install where `java` is missing, too old or does not run. */
export async function checkJava(): Promise<void> {
  const version = parseJavaVersion(await printedVersion());
  if (version === undefined)
    throw new Error(`the version of Java cannot be told from java -version. ${REMEDY}`);
  if (version < JAVA_MIN) throw new Error(`Java is of version ${version}. ${REMEDY}`);
}

async function printedVersion(): Promise<string> {
  try {
    const { stdout, stderr } = await promisify(execFile)('java', ['-version'], { timeout: 30_000 });
    return `${stderr}\n${stdout}`;
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw new Error(`${missing ? 'there is no java on the path' : 'java -version fails'}. ${REMEDY}`, {
      cause: error,
    });
  }
}
