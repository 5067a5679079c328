// What the application is measured against: the least that a revoke must do, written straight down on express. It checks
// the signature, stores the nonce, and flips the row with its audit event in one transaction. It reads nothing; or, to
// tell what reading costs from what we add to it, it reads what the answer of the contract needs, checked by our schemas.

import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import express, { type Express, type Request } from 'express';
import { toRequestAnswer } from '../../api/request-answer.ts';
import { isMalformedLedger, parseLedgerRow } from '../../src/ledger.ts';
import { parseRequestRow } from '../../src/request.ts';
import type { Row, Store } from '../../src/store.ts';
import { BenchKeys } from './bench-keys.ts';
import { PERMISSION_SET_ARN } from './granted-row.ts';

const WINDOW_MS = 5 * 60_000;
const NONCE_LIFETIME_S = 15 * 60;
const SECRETS = new Map(BenchKeys.map(({ id, secret }) => [id, secret]));

type AnswerRevoke = (store: Store, id: string, by: string) => Promise<object>;

/** Flips, and answers with as little as can be said. */
export const answerBriefly: AnswerRevoke = async (store, id, by) => {
  await revoke(store, id, by);
  return { request_id: id, status: 'REVOKED' };
};

/** Reads the request, flips it, reads its ledger row, and answers with the whole request. */
export const answerInFull: AnswerRevoke = async (store, id, by) => {
  const row = await store.get('requests', { request_id: id });
  const request = row === undefined ? undefined : parseRequestRow(row);
  if (row === undefined || request === undefined) throw new Error(`no request ${id}`);
  const after = parseRequestRow({ ...row, ...(await revoke(store, id, by)) });
  const ledgerRow = await store.get('assignments', { assignment_id: request.assignment_id ?? '' });
  const ledger = ledgerRow === undefined ? undefined : parseLedgerRow(ledgerRow);
  const entries = ledger === undefined || isMalformedLedger(ledger) ? {} : ledger.entries;
  const alsoWantedBy = Object.keys(entries).filter((other) => other !== id);
  return toRequestAnswer(after ?? request, { defaultPermissionSetArn: PERMISSION_SET_ARN, alsoWantedBy });
};

export function createBareApp(store: Store, answerRevoke: AnswerRevoke): Express {
  const app = express();
  app.use(express.raw({ type: () => true, limit: '64kb' }));
  app.post('/requests/:id/revoke', async (request, response) => {
    const id = String(request.params.id);
    if (!isSigned(request)) response.status(401).json({ message: 'wrong signature' });
    else if (!(await takeNonce(store, request))) response.status(401).json({ message: 'used before' });
    else {
      response.json(await answerRevoke(store, id, JSON.parse(String(request.body)).actor_email));
    }
  });
  return app;
}

function isSigned(request: Request): boolean {
  const secret = SECRETS.get(request.get('x-jit-keyid') ?? '');
  const timestamp = request.get('x-jit-timestamp') ?? '';
  if (secret === undefined || Math.abs(Date.now() - Number(timestamp) * 1000) > WINDOW_MS) return false;
  const bodyHash = createHash('sha256').update(request.body).digest('hex');
  const canonical = [timestamp, request.get('x-jit-nonce'), request.method, request.path, bodyHash].join(
    '\n',
  );
  const expected = createHmac('sha256', secret).update(canonical).digest();
  const given = Buffer.from(request.get('x-jit-signature') ?? '', 'hex');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

async function takeNonce(store: Store, request: Request): Promise<boolean> {
  const row = {
    key_id: request.get('x-jit-keyid'),
    nonce: request.get('x-jit-nonce'),
    expires_at: Math.ceil(Date.now() / 1000) + NONCE_LIFETIME_S,
  };
  const onlyIf = [{ attribute: 'nonce', absent: true }] as const;
  return (await store.transact([{ kind: 'put', table: 'nonces', row, onlyIf }])).outcome === 'written';
}

/** What it sets. Refused where it is revoked already, and then that is the answer too. */
async function revoke(store: Store, id: string, by: string): Promise<Row> {
  const now = new Date().toISOString();
  const set = {
    ...{ status: 'REVOKED', audited_status: 'REVOKED', assignment_status: 'REMOVING' },
    ...{ revoked_at: now, revoked_by: by, due_at: now, assignment_status_since: now, last_event_at: now },
    audit_seq: 4,
  };
  const event = {
    ...{ request_id: id, event_time_event_id: `${now}#000004-REVOKED`, event_id: '000004-REVOKED' },
    ...{ event_time: now, event_type: 'REVOKED', actor_email: by, details: { before: 'GRANTED' } },
    ...{ account_id: '111111111111', channel_id: 'bench' },
  };
  await store.transact([
    {
      kind: 'update',
      table: 'requests',
      key: { request_id: id },
      set,
      onlyIf: [{ attribute: 'status', is: 'GRANTED' }],
    },
    { kind: 'put', table: 'audit', row: event, onlyIf: [{ attribute: 'event_time_event_id', absent: true }] },
  ]);
  return set;
}
