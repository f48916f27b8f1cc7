import { malformation, textOf } from '../../test/fixtures/app/answer-checks.ts';
import { holdsValue } from '../../test/fixtures/graphql/arbitraries.ts';

/** The findings of fuzzing, by kind; each with a few examples. */
export interface Findings {
  cases: number;
  readonly serverErrors: string[];
  readonly malformed: string[];
  readonly echoes: string[];
}

export function noFindings(): Findings {
  return { cases: 0, serverErrors: [], malformed: [], echoes: [] };
}

/** Checks one HTTP response. */
export async function judgeAnswer(
  findings: Findings,
  sent: string,
  response: Response,
): Promise<void> {
  findings.cases += 1;
  const about = `${response.status} to ${sent.slice(0, 300)}`;
  if (response.status >= 500) {
    findings.serverErrors.push(about);
    return;
  }
  const wrong = await malformation(response);
  if (wrong.length > 0) {
    findings.malformed.push(`${wrong[0]}: ${about}`);
  }
  judgeText(findings, await textOf(response), about);
}

export function judgeText(findings: Findings, text: string, about: string): void {
  if (holdsValue(text)) {
    findings.echoes.push(`${text.slice(0, 300)} was the ${about}`);
  }
}
