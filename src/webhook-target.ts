// Where notifications go, and the path that is signed for them. A notification says who has access to what, so it must
// never leave in clear text or to an address with a password in it, which would end up in logs.

/** `url` is sent to as it is; `signedPath` is what the plugin sees of it. */
export type WebhookTarget = { readonly url: string; readonly signedPath: string; readonly keyId: string };

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** What is wrong with `PLUGIN_WEBHOOK_URL`: sentences to follow its name. None when nothing is. */
export function webhookUrlProblems(text: string): readonly string[] {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // Not shown: what cannot be parsed may have a password anywhere.
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    return ['is not a URL: expected https://<host>/plugins/<plugin id>/webhook'];
  }
  const shown = describeWebhookUrl(text);
  const problems: string[] = [];
  if (url.username !== '' || url.password !== '') {
    problems.push(`is ${shown} with credentials: expected none, notifications are signed`);
  }
  if (url.protocol !== 'https:' && !LOOPBACK.test(url.hostname)) {
    problems.push(`is ${shown}: expected https, except on loopback`);
  }
  if (url.hash !== '') problems.push(`is ${shown} with a fragment: expected none, it is never sent`);
  return problems;
}

/**
 * The path that the plugin sees, from the path that is called: Mattermost strips `/plugins/<plugin id>`, and its own
 * sub-path before it, before the plugin is called. Elsewhere it is the path itself.
 */
export function pathSeenByPlugin(url: string): string {
  const { pathname } = new URL(url);
  return pathname.replace(/^.*?\/plugins\/[^/]+/, '') || '/';
}

/** The URL as it may be printed: a password or a token in the query stays out of logs. */
export function describeWebhookUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) return '(not a URL)';
  return `${url.origin}${url.pathname}`;
}
