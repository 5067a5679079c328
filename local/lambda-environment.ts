// The environment of the functions when they are tried against local mode: the demonstration's organisation, the
// public keys, and endpoints on loopback. Pure.

import {
  DEMO_IDENTITY_STORE_ID,
  DEMO_INSTANCE_ARN,
  DEMO_PERMISSION_SETS,
} from './identity-center/demo-organisation.ts';
import { LocalKeys } from './local-keys.ts';

const { plugin, ops, callback } = LocalKeys;

/** `ports` are those of local mode, by their variables. The reconciler's function also needs `PLUGIN_WEBHOOK_URL`. */
export function lambdaEnvironment(ports: {
  readonly LOCAL_DYNAMODB_PORT?: string | undefined;
  readonly LOCAL_IDENTITY_CENTER_PORT?: string | undefined;
}): Readonly<Record<string, string>> {
  const identityCenter = `http://127.0.0.1:${ports.LOCAL_IDENTITY_CENTER_PORT || '8001'}`;
  return {
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_REGION: 'us-east-1',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${ports.LOCAL_DYNAMODB_PORT || '8000'}`,
    AWS_ENDPOINT_URL_SSO_ADMIN: identityCenter,
    AWS_ENDPOINT_URL_IDENTITYSTORE: identityCenter,
    SSO_INSTANCE_ARN: DEMO_INSTANCE_ARN,
    IDENTITY_STORE_ID: DEMO_IDENTITY_STORE_ID,
    PERMISSION_SET_ARN: DEMO_PERMISSION_SETS.jitAdmin,
    MANAGED_PERMISSION_SET_ARNS: `${DEMO_PERMISSION_SETS.jitAdmin},${DEMO_PERMISSION_SETS.jitReadOnly}`,
    RECONCILE_MODE: 'enforce',
    SIGNING_KEYS: JSON.stringify({ [plugin.id]: plugin.secret }),
    OPS_KEYS: JSON.stringify({ [ops.id]: ops.secret }),
    CALLBACK_KEYS: JSON.stringify({ [callback.id]: callback.secret }),
    CLOCK_SKEW_MS: '0',
    LOG_LEVEL: 'error',
  };
}
