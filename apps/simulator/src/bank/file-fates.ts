import type { Fate, Fates } from '../desk/fate.ts';
import { troubles } from '../desk/troubles.ts';

/** What is special about the answers to one file. */
export interface FileLife {
  readonly quirk: string | null;
}

const quirk = (word: string, does: string): Fate<FileLife> => ({ cents: null, does, life: () => ({ quirk: word }) });

/** What can happen to a whole pain.001. */
export const fileFates = {
  served: { cents: null, does: 'every payment in it has its own fate; the ordinary', life: () => ({ quirk: null }) },
  'never-reported': quirk('mute', 'executed, 202, and never a message about it'),
  'group-rejected': quirk('group-rejected', 'GrpSts RJCT FF01 without any TxInfAndSts; nothing executed'),
  'group-only': quirk('group-only', 'the first report has a GrpSts and no TxInfAndSts; the later ones tell'),
  'errors-document': quirk('errors', 'an Errors document instead of a pain.002; nothing executed'),
  'no-group-status': quirk('no-group', 'the first report has neither GrpSts nor PmtInfSts'),
  'no-original-msgid': quirk('no-msgid', 'no report has an OrgnlMsgId'),
  'unknown-msgid': quirk('unknown-msgid', 'every report names a MsgId nobody has heard of'),
  'no-request-id': quirk('no-request-id', 'its messages come without Message-Request-Id'),
  'version-03': quirk('version-03', 'the reports are pain.002.001.03'),
  'odd-xml': quirk('odd', 'a prefixed and foreign namespace, comments, CDATA, white space around every id'),
  split: quirk('split', 'the first report comes in one part per payment'),
  'foreign-first': quirk(
    'foreign',
    'a VIBAN message and a report for a foreign MsgId stand in the queue before its reports',
  ),
  'delivered-twice': quirk('twice', 'each report comes again under another Message-Response-Id'),
  reversed: quirk('reversed', 'the later reports come before the first'),
  'delete-fails': quirk('delete-fails', 'DELETE of its messages is answered 500, and has worked'),
  'huge-report': quirk('huge', 'the first report is `bytes` long: compressed when asked for, else 500'),
  'webhook-missing': quirk('webhook-missing', 'no webhook for its messages'),
  'webhook-twice': quirk('webhook-twice', 'each of its webhooks comes twice'),
  'webhook-forged': quirk('webhook-forged', 'its webhooks are signed with another secret'),
  forbidden: {
    cents: null,
    does: '403 FORBIDDEN every time, as with an expired certificate',
    trouble: { effect: 'lost', how: 'status' },
    params: { httpStatus: 403, code: 'FORBIDDEN' },
  },
  ...troubles,
} as const satisfies Fates<FileLife>;
