// What operators can ask of the signed API, as a table: each command says what it takes and which call it makes. The API
// checks the values itself; here is only checked what would make no call at all. Pure.

/** One call, not yet signed. */
export type ApiCall = {
  readonly method: 'GET' | 'POST';
  /** With its query, percent-encoded. */
  readonly target: string;
  readonly body?: object;
};

/** What was typed, checked against the command's own options. */
export type Typed = {
  /** The words after the command. */
  readonly words: readonly string[];
  readonly text: (name: string) => string | undefined;
  readonly flag: (name: string) => boolean;
};

export type OperatorCommand = {
  readonly name: string;
  /** What the words after the command are, one each; all are needed. */
  readonly words: readonly string[];
  /** What each option takes; an empty text for one that takes nothing. */
  readonly options: Readonly<Record<string, string>>;
  readonly required?: readonly string[];
  /** Exactly one of these is needed. */
  readonly oneOf?: readonly string[];
  /** At most one of these may be given. */
  readonly atMostOneOf?: readonly string[];
  readonly summary: string;
  readonly call: (typed: Typed) => ApiCall;
};

const WHO = { actor: 'E-MAIL', reason: 'TEXT' } as const;
const PERSON = { email: 'E-MAIL', principal: 'ID' } as const;
const PERIOD = { from: 'TIME', to: 'TIME' } as const;
const SCOPE = { request: 'ID', account: 'ID', principal: 'ID-OR-E-MAIL' } as const;

export const OperatorCommands: readonly OperatorCommand[] = [
  look('status', 'how the reconciler is: leader, backlog, budget, outbox, brake'),
  look('plan', 'what would be done now, and what is withheld and why, with its digest'),
  look('drift', 'every difference between what is wanted and what is live'),
  look('coverage', 'the last full sweep, and what it could not read'),
  {
    name: 'requests',
    words: [],
    options: {
      ...{ status: 'STATUS', account: 'ID', channel: 'ID', requester: 'E-MAIL' },
      ...PERIOD,
      ...{ limit: 'NUMBER', next: 'TOKEN' },
    },
    summary: 'requests by filters that combine, the newest first',
    call: ({ text }) =>
      get('/requests', {
        status: text('status'),
        account_id: text('account'),
        channel_id: text('channel'),
        requester_email: text('requester'),
        start_date: text('from'),
        end_date: text('to'),
        limit: text('limit'),
        next_token: text('next'),
      }),
  },
  {
    name: 'request',
    words: ['ID'],
    options: {},
    summary: 'one request, as it is now',
    call: ({ words }) => get(`/requests/${segment(words[0])}`),
  },
  {
    name: 'revoke',
    words: ['ID'],
    options: { actor: WHO.actor },
    required: ['actor'],
    summary: 'end the access of a request now; waits a while for the proof (removed_at)',
    call: ({ words, text }) => post(`/requests/${segment(words[0])}/revoke`, { actor_email: text('actor') }),
  },
  {
    name: 'revoke-user',
    words: [],
    options: { ...PERSON, ...WHO, freeze: '', 'freeze-until': 'TIME' },
    required: ['actor', 'reason'],
    oneOf: ['email', 'principal'],
    summary: 'end everything of a person, and with --freeze let them have nothing new',
    call: ({ text, flag }) =>
      post('/users/revoke', {
        ...personOf(text),
        freeze: flag('freeze') || undefined,
        freeze_until: text('freeze-until'),
      }),
  },
  {
    name: 'unfreeze-user',
    words: [],
    options: { ...PERSON, ...WHO },
    required: ['actor', 'reason'],
    oneOf: ['email', 'principal'],
    summary: 'lift the freeze of a person; what was revoked stays revoked',
    call: ({ text }) => post('/users/unfreeze', personOf(text)),
  },
  {
    name: 'reconcile',
    words: [],
    options: { ...WHO, ...SCOPE, 'dry-run': '', wait: 'SECONDS', 'release-withheld': 'DIGEST' },
    required: ['actor', 'reason'],
    atMostOneOf: Object.keys(SCOPE),
    summary: 'force a pass now, of everything or of one request, account or person',
    call: ({ text, flag }) =>
      post('/reconcile', {
        actor_email: text('actor'),
        reason: text('reason'),
        scope: scopeOf(text),
        dry_run: flag('dry-run') || undefined,
        wait_seconds: numberOf(text('wait')),
        release_withheld: text('release-withheld'),
      }),
  },
  {
    name: 'pass',
    words: ['ID'],
    options: {},
    summary: 'a pass that was forced: its state, its plan and its results',
    call: ({ words }) => get(`/reconcile/${segment(words[0])}`),
  },
  {
    name: 'audit',
    words: [],
    options: { request: 'ID', account: 'ID', channel: 'ID', ...PERIOD },
    oneOf: ['request', 'account', 'channel'],
    summary: 'what happened, as JSON lines in the order of time',
    call: ({ text }) =>
      get('/audit', {
        request_id: text('request'),
        account_id: text('account'),
        channel_id: text('channel'),
        from: text('from'),
        to: text('to'),
      }),
  },
];

function look(name: 'status' | 'plan' | 'drift' | 'coverage', summary: string): OperatorCommand {
  return { name, words: [], options: {}, summary, call: () => get(`/${name}`) };
}

function get(path: string, query: Readonly<Record<string, string | undefined>> = {}): ApiCall {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`],
  );
  return { method: 'GET', target: pairs.length === 0 ? path : `${path}?${pairs.join('&')}` };
}

function post(target: string, body: object): ApiCall {
  return { method: 'POST', target, body };
}

function segment(word = ''): string {
  return encodeURIComponent(word);
}

function personOf(text: Typed['text']): object {
  return {
    email: text('email'),
    principal_id: text('principal'),
    actor_email: text('actor'),
    reason: text('reason'),
  };
}

function scopeOf(text: Typed['text']): object | undefined {
  const [request_id, account_id, principal] = [text('request'), text('account'), text('principal')];
  return request_id || account_id || principal ? { request_id, account_id, principal } : undefined;
}

/** What is no number is sent as it was typed: the API says what it expects. */
function numberOf(typed: string | undefined): number | string | undefined {
  return typed !== undefined && /^\d{1,9}$/.test(typed) ? Number(typed) : typed;
}
