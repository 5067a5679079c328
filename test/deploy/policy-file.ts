// A policy as its Terraform file writes it: the statements with their actions, the reason of each, and the resources.
// It reads the module's own way of writing and no other, so that it needs no Terraform.

export type WrittenAction = { readonly action: string; readonly reason: string };
export type WrittenStatement = {
  readonly sid: string;
  readonly effect: 'Allow' | 'Deny';
  readonly actions: readonly WrittenAction[];
  readonly resources: string;
};

/** Throws for a statement without a sid, and for an action line that it cannot read: nothing may be overlooked. */
export function readPolicyFile(text: string): readonly WrittenStatement[] {
  const [, ...blocks] = text.split(/^\s*sid\s*= /m);
  const actionBlocks = text.match(/^\s*actions = \[/gm)?.length ?? 0;
  if (actionBlocks !== blocks.length) throw new Error('a statement has no sid, or no list of actions');
  return blocks.map(readStatement);
}

function readStatement(block: string): WrittenStatement {
  const sid = /^"(\w+)"/.exec(block)?.[1] ?? '';
  const listed = /\bactions = \[\n([\s\S]*?)\n\s*\]/.exec(block)?.[1] ?? '';
  const resources = /\bresources = (\[[\s\S]*?\]|.*)$/m.exec(block)?.[1] ?? '';
  return {
    sid,
    effect: /^\s*effect = "Deny"/m.test(block) ? 'Deny' : 'Allow',
    actions: listed.split('\n').map((line) => readAction(sid, line)),
    resources,
  };
}

function readAction(sid: string, line: string): WrittenAction {
  const read = /^\s*"([a-z-]+:\w+)",\s*(?:# (.+))?$/.exec(line);
  if (read?.[1] === undefined) throw new Error(`${sid} has an action that cannot be read: ${line}`);
  return { action: read[1], reason: read[2] ?? '' };
}
