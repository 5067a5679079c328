// Which series an expression of PromQL asks for, by Prometheus's own grammar.

import { parser } from '@prometheus-io/lezer-promql';

export type Matcher = { readonly label: string; readonly operator: string; readonly value: string };
export type Selector = { readonly metric: string; readonly matchers: readonly Matcher[] };
export type Asked = {
  readonly selectors: readonly Selector[];
  /** The labels of every `by`, `without`, `on` and `ignoring`. */
  readonly grouping: readonly string[];
};

type SyntaxNode = ReturnType<typeof parser.parse>['topNode'];

/** Throws where the expression is not PromQL. */
export function selectorsOf(expr: string): Asked {
  const selectors: Selector[] = [];
  const grouping: string[] = [];
  const textOf = ({ from, to }: { readonly from: number; readonly to: number }) => expr.slice(from, to);
  parser.parse(expr).iterate({
    enter(node) {
      if (node.type.isError) throw new Error(`not PromQL at ${node.from}: ${expr}`);
      if (node.name === 'VectorSelector') selectors.push(selectorOf(node.node, textOf));
      if (node.name === 'GroupingLabels')
        grouping.push(...node.node.getChildren('LabelName').map((label) => textOf(label)));
    },
  });
  return { selectors, grouping };
}

function selectorOf(node: SyntaxNode, textOf: (node: SyntaxNode) => string): Selector {
  const part = (of: SyntaxNode, name: string) => {
    const child = of.getChild(name);
    if (child === null) throw new Error(`${textOf(of)} has no ${name}`);
    return textOf(child);
  };
  const matchers = node.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? [];
  return {
    metric: part(node, 'Identifier'),
    matchers: matchers.map((matcher) => ({
      label: part(matcher, 'LabelName'),
      operator: part(matcher, 'MatchOp'),
      value: JSON.parse(part(matcher, 'StringLiteral')) as string,
    })),
  };
}
