// What was typed after `npm run call --`, understood or explained. Pure.

export type LocalCall = {
  readonly method: string;
  /** With its query, exactly as typed: it is signed and sent as it is. */
  readonly target: string;
  readonly body: string;
  readonly keySet: 'plugin' | 'ops';
};
export type ParsedCall =
  | { readonly ok: true; readonly call: LocalCall }
  | { readonly ok: false; readonly problem: string };

/** How a script that makes such calls is used. */
export function callUsage(script: 'call' | 'invoke'): string {
  const where =
    script === 'call'
      ? 'sends to 127.0.0.1:API_PORT (8080).'
      : 'hands the event to the built function (npm run build first), as `aws lambda invoke` would.';
  return `usage: npm run ${script} -- METHOD PATH [BODY] [--ops]

  npm run ${script} -- GET '/config/accounts?channel_id=demo'
  npm run ${script} -- POST /requests/ID/revoke '{"actor_mm_user_id":"mm-ben","actor_email":"ben@example.com"}'
  npm run ${script} -- GET /drift --ops

Signs with the plugin's local key, or with --ops with the operators', and ${where}`;
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'];

/** The call that the arguments describe, or in a sentence why they describe none. */
export function parseCall(args: readonly string[]): ParsedCall {
  const options = args.filter((arg) => arg.startsWith('-'));
  const unknown = options.find((option) => option !== '--ops');
  if (unknown !== undefined) return refused(`unknown option "${unknown}"`);
  const [method, target, body = '', ...rest] = args.filter((arg) => !arg.startsWith('-'));
  if (method === undefined || target === undefined) return refused('METHOD and PATH are needed');
  if (rest.length > 0) return refused(`too many arguments, from "${rest[0]}" on: quote the body`);
  if (!METHODS.includes(method.toUpperCase()))
    return refused(`METHOD is "${method}": expected ${METHODS.join(', ')}`);
  if (!/^\/[!-~]*$/.test(target))
    return refused(`PATH is "${target}": expected / first, no spaces, percent-encoded`);
  if (body !== '' && !isJson(body)) return refused(`BODY is not JSON: ${body}`);
  const keySet = options.length > 0 ? 'ops' : 'plugin';
  return { ok: true, call: { method: method.toUpperCase(), target, body, keySet } };
}

// A shell that ate the quotes is the usual reason, and the API's answer would not say so.
function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function refused(problem: string): ParsedCall {
  return { ok: false, problem };
}
