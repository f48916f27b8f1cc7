/** In a child of the bench: answers the messages of the parent, and ends with it. */
export function answerParent(
  answers: Readonly<Record<string, (question: unknown) => unknown>>,
): void {
  process.on('message', (question: unknown) => {
    const name = textAt(question, 'ask');
    const answer = answers[name];
    const id = numberAt(question, 'id');
    if (answer === undefined) {
      return;
    }
    Promise.resolve(question)
      .then(answer)
      .then(
        (value: unknown) => process.send?.({ id, answer: value }),
        (error: unknown) => process.send?.({ id, error: String(error) }),
      );
  });
  process.once('disconnect', () => process.exit());
}

export function textAt(value: unknown, key: string): string {
  return String(fieldAt(value, key) ?? '');
}

export function numberAt(value: unknown, key: string): number {
  return Number(fieldAt(value, key) ?? Number.NaN);
}

export function fieldAt(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([name]) => name === key)?.[1]
    : undefined;
}
