// What is printed when local mode is ready: where everything is, and commands to copy. Pure, and every command in it is
// run by a test.

import {
  DEMO_ACCOUNTS,
  DEMO_INSTANCE_ARN,
  DEMO_PERMISSION_SETS,
  DEMO_USERS,
} from './identity-center/demo-organisation.ts';
import { LOCAL_REGION } from './local-config.ts';
import type { LocalUrls } from './local-stack.ts';
import { DEMO_CHANNEL } from './seed-demo.ts';

const DEFAULT_API_PORT = '8080';
const CALL = 'npm run --silent call --';

export type WhatToTry = {
  readonly urls: LocalUrls;
  readonly mode: 'observe' | 'enforce';
  readonly dataDir?: string;
  /** Absent where a real Mattermost takes the notifications: then nothing of them is printed. */
  readonly webhookPort?: number;
};

/** All that is printed after `ready`. */
export function whatToTry(options: WhatToTry): string {
  const { urls, mode, webhookPort } = options;
  const isPrinted = mode === 'enforce' && webhookPort !== undefined;
  const story =
    mode === 'enforce'
      ? `Try it, in another terminal in this folder:\n\n${indented(storyCommands(urls))}`
      : 'This controller only observes: asking, approving and revoking answer 503, and nothing is changed in AWS.';
  return [
    indented(addresses(options)),
    story,
    `Ask the tables and Identity Center with the aws command:\n\n${indented(awsCommands(urls))}`,
    'Rehearse a bad day (slow, throttled, conflicting, lost answers): docs/local-identity-center.md',
    `${isPrinted ? 'What the channel would see is printed below. ' : ''}Ctrl-C ends everything.`,
  ].join('\n\n');
}

function addresses({ urls, dataDir }: WhatToTry): string {
  return [
    `API                ${urls.api}`,
    `health, metrics    ${urls.admin}/readyz  ${urls.admin}/metrics`,
    `DynamoDB           ${urls.dynamoDb}`,
    `Identity Center    ${urls.identityCenter}`,
    `notifications to   ${urls.webhook}`,
    `data               ${dataDir === undefined ? 'not kept (LOCAL_DATA_DIR keeps it)' : `kept in ${dataDir}`}`,
  ].join('\n');
}

/** Ana asks, Ben approves, the access comes, is revoked, and is seen gone. For `sh`. */
export function storyCommands(urls: Pick<LocalUrls, 'api'>): string {
  const { port } = new URL(urls.api);
  const ask = body({
    account_id: DEMO_ACCOUNTS.dev,
    channel_id: DEMO_CHANNEL,
    requester_mm_user_id: 'mm-ana',
    requester_email: DEMO_USERS.ana.email,
    reason: 'restart the queue',
    requested_duration_minutes: 60,
  });
  const approve = body({ approver_mm_user_id: 'mm-ben', approver_email: DEMO_USERS.ben.email });
  const revoke = body({ actor_mm_user_id: 'mm-ben', actor_email: DEMO_USERS.ben.email });
  return [
    ...(port === DEFAULT_API_PORT ? [] : [`export API_PORT=${port}`]),
    '# Ana asks for an hour in dev; ID becomes the id of her request',
    `ID=$(${CALL} POST /requests ${ask} | tee /dev/stderr | sed -n 's/.*"request_id": "\\(.*\\)".*/\\1/p')`,
    '# Ben approves',
    `${CALL} POST /requests/$ID/approve ${approve}`,
    '# watch until it is GRANTED',
    `until ${CALL} GET /requests/$ID | tee /dev/stderr | grep -q '"status": "GRANTED"'; do sleep 1; done`,
    '# revoke: the answer waits for the proof, removed_at',
    `${CALL} POST /requests/$ID/revoke ${revoke}`,
    '# watch until it is gone',
    `until ${CALL} GET /requests/$ID | tee /dev/stderr | grep -q '"removed_at"'; do sleep 1; done`,
  ].join('\n');
}

function body(fields: object): string {
  return `'${JSON.stringify(fields)}'`;
}

/** Two questions to AWS as the real command asks them. */
export function awsCommands(urls: Pick<LocalUrls, 'dynamoDb' | 'identityCenter'>): string {
  return [
    `export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local AWS_DEFAULT_REGION=${LOCAL_REGION}`,
    `aws sso-admin list-account-assignments --endpoint-url ${urls.identityCenter} \\`,
    `  --instance-arn ${DEMO_INSTANCE_ARN} --account-id ${DEMO_ACCOUNTS.dev} \\`,
    `  --permission-set-arn ${DEMO_PERMISSION_SETS.jitAdmin}`,
    `aws dynamodb scan --endpoint-url ${urls.dynamoDb} --table-name jit_requests`,
  ].join('\n');
}

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '  ');
}
