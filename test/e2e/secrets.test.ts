// Keys from Secrets Manager, as most deployments have them: both parts as processes, over the real wire format.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LocalKeys } from '../../local/local-keys.ts';
import { needsTables } from '../test-tables.ts';
import { type AwsStandIn, startAwsStandIn } from './aws-stand-in.ts';
import { eventually } from './eventually.ts';
import { openWireStage, type ReconcilerProcess, type WireStage } from './wire-stage.ts';
import { askAndApprove, BOUND_WISHES } from './wish.ts';

const arn = (name: string) => `arn:aws:secretsmanager:us-east-1:111111111111:secret:jit/${name}-AbCdEf`;
const secretOf = ({ id, secret }: { readonly id: string; readonly secret: string }) =>
  JSON.stringify({ [id]: secret });

describe('keys in Secrets Manager', needsTables(), () => {
  let secrets: AwsStandIn;
  let stage: WireStage;
  let reconciler: ReconcilerProcess;

  beforeAll(async () => {
    secrets = await startAwsStandIn({
      secrets: {
        [arn('signing')]: secretOf(LocalKeys.plugin),
        [arn('ops')]: secretOf(LocalKeys.ops),
        [arn('callback')]: secretOf(LocalKeys.callback),
      },
    });
    const where = { AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url };
    const callers = { SIGNING_SECRET_ARN: arn('signing'), OPS_SECRET_ARN: arn('ops') };
    stage = await openWireStage({ api: { env: { ...where, ...callers, SIGNING_KEYS: '', OPS_KEYS: '' } } });
    const callback = { CALLBACK_SIGNING_SECRET_ARN: arn('callback'), CALLBACK_KEYS: '' };
    reconciler = await stage.startReconciler({ env: { ...where, ...callback } });
  });
  afterAll(async () => {
    await stage?.close();
    await secrets?.close();
  });

  test('let the plugin and the operators in, and sign what the plugin is told', async () => {
    const [wish] = BOUND_WISHES;
    if (wish === undefined) throw new Error('there is no wish');
    const { id } = await askAndApprove(stage.caller, wish);
    // The stand-in for the plugin takes nothing that is not signed with the callback key.
    await eventually(
      'the plugin to be told',
      async () => stage.told.get(id)?.includes('GRANTED') || undefined,
    );
    expect((await stage.caller.ops('GET', '/drift')).status).toBe(200);
    expect(await reconciler.isLeading()).toBe(true);
  });

  test('keep a part from starting where the secret is not there', async () => {
    const env = {
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
      SIGNING_SECRET_ARN: arn('signing').replace('AbCdEf', 'GhIjKl'),
      SIGNING_KEYS: '',
    };
    await expect(openWireStage({ api: { env } })).rejects.toThrow(/reading keys from secret/);
  });
});
