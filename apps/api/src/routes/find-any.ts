import type { KindContract } from '@countersign/kinds';
import type { FoundSubmission } from '@countersign/store';
import type { Door } from '../door.ts';
import { Problem } from '../problem.ts';
import { mayBeId } from './resource.ts';

type Books = Pick<Door['store']['submissions'], 'find' | 'namesakes'>;

/**
 * Any client's submission, for operators, by its `submissionId` or the client's own id.
 * @throws Problem not-found; conflict where several clients use that id: nobody's is taken by chance.
 */
export async function findAny(
  submissions: Books,
  { kind }: Pick<KindContract, 'kind'>,
  id: string,
  clientId?: string,
): Promise<FoundSubmission> {
  const wanted = { kind, id, ...(clientId === undefined ? {} : { clientId }) };
  const found = mayBeId(id) ? await submissions.find(wanted) : undefined;
  if (!found) throw new Problem('not-found', `There is no ${kind} with that id`);
  if (clientId !== undefined || found.submission.id === id.toLowerCase()) return found;
  const namesakes = await submissions.namesakes(kind, id);
  if (namesakes.length < 2) return found;
  const ids = namesakes.map(({ submissionId }) => submissionId).join(', ');
  throw new Problem(
    'conflict',
    `${namesakes.length} clients have a ${kind} with that id; name one by its submissionId: ${ids}`,
    {
      members: { submissions: namesakes },
    },
  );
}
