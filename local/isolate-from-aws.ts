// Cuts this process off from whatever AWS account its user has at hand. The clients of local mode are given their
// endpoints and credentials anyway; this keeps the SDK from reading profiles, regions or switches on its own.

/** Takes every `AWS_*` variable out of `env`, and has the SDK find no files and no metadata service. */
export function isolateFromAws(env: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(env)) if (name.startsWith('AWS_')) delete env[name];
  Object.assign(env, {
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  });
}
