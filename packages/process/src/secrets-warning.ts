/** Said at the start of each process that is given no key; undefined where it has one. */
export function secretsWarning(keys: readonly unknown[] | undefined): string | undefined {
  if (keys !== undefined) return undefined;
  return 'SECRETS_KEY is not set: the secrets that callbacks are signed with are stored in plain text';
}
