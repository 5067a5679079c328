// One weakness, put into the source on purpose: the histories, or else a test, must notice it.

export type Mutant = {
  readonly name: string;
  readonly file: string;
  /** Exact text that occurs once in `file`. */
  readonly find: string;
  readonly replace: string;
  /** Which promise of the design it breaks, and where that shows. */
  readonly breaks: string;
  /** The row of the ledger's state table that it weakens. */
  readonly rule?: string;
};
