/** What an operator does about a submission that is UNRESOLVED, by the code of its failure (docs/failures.md says more). */
const BY_CODE: Readonly<Record<string, string>> = {
  PROVIDER_UNREACHABLE: 'When they answer again, replay: they are asked first, and told only if they have none.',
  NO_END_IN_SIGHT:
    'Ask them. A late webhook still settles it; else replay (they are asked again) or settle it by hand.',
  ALREADY_REGISTERED: 'Compare it with the original they name, then settle it by hand.',
  PROCESSING_GIVEN_UP:
    "The worker's log has the error under this id: mend the cause, deploy, replay. What was told before is looked up first.",
  COMPENSATION_FAILED:
    'Ask the on-ramp where the money is. When it is back, or was paid out by hand, settle it with that as the reason.',
};

const ELSE = 'Ask them how it ended, then settle it by hand; a replay asks them again.';

export function whatToDo(code: string | undefined): string {
  return BY_CODE[code ?? ''] ?? ELSE;
}
