/** One thing wrong with an input. Says what is expected, never what was given. */
export interface InputIssue {
  /** As in the input, indices as strings: `["fees", "0", "feeName"]`. */
  readonly path: readonly string[];
  readonly code: InputIssueCode;
  readonly message: string;
}

export type InputIssueCode =
  | 'REQUIRED'
  | 'NOT_ALLOWED'
  | 'TOO_LONG'
  | 'TOO_MANY'
  | 'OUT_OF_RANGE'
  | 'NOT_UNIQUE'
  | 'BAD_FORMAT'
  | 'BAD_CHARACTER';

/** The input breaks rules: fix every issue, then call again. Nothing was sent to WeChat. */
export class InvalidInputError extends Error {
  override readonly name = 'InvalidInputError';
  readonly issues: readonly InputIssue[];

  constructor(issues: readonly InputIssue[]) {
    const fields = issues.map(({ path }) => path.join('.')).join(', ');
    super(`Nothing was sent to WeChat Pay. Mend these fields: ${fields}.`);
    this.issues = issues;
  }
}
