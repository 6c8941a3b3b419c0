import type { ArchivedRow, ArchivedSubmission, Failure, JsonObject, Registration, Status } from '@countersign/flow';
import type { BasicType, ColumnSource } from 'hyparquet-writer';

/**
 * The number of these columns' meaning, in every file. Files live for decades and are never rewritten: a column that is
 * added later is read as null from older files, and none is ever renamed or removed. More than that is a new number, and
 * readers keep the old one (test/fixtures has a file of each).
 */
export const FORMAT = 1;

type Value = string | number | Date | Uint8Array | null;

interface Column {
  readonly name: string;
  readonly type: BasicType;
  readonly nullable?: true;
  readonly of: (row: ArchivedRow) => Value;
}

/** Small ones first: a list reads a run from the front of each row group and leaves the rest alone. */
const COLUMNS: readonly Column[] = [
  { name: 'id', type: 'STRING', of: (row) => row.id },
  { name: 'client_id', type: 'STRING', of: (row) => row.clientId },
  { name: 'kind', type: 'STRING', of: (row) => row.kind },
  { name: 'natural_id', type: 'STRING', of: (row) => row.naturalId },
  { name: 'status', type: 'STRING', of: (row) => row.status },
  { name: 'version', type: 'INT32', of: (row) => row.version },
  { name: 'created_at', type: 'TIMESTAMP', of: (row) => new Date(row.createdAt) },
  { name: 'updated_at', type: 'TIMESTAMP', of: (row) => new Date(row.updatedAt) },
  {
    name: 'settled_at',
    type: 'TIMESTAMP',
    nullable: true,
    of: ({ settledAt }) => (settledAt === null ? null : new Date(settledAt)),
  },
  // For analysts: what `facts` and `failure` say, without taking JSON apart.
  { name: 'receipt_type', type: 'STRING', nullable: true, of: (row) => textIn(row.facts, 'receiptType') },
  {
    name: 'receipt_type_version',
    type: 'INT32',
    nullable: true,
    of: (row) => numberIn(row.facts, 'receiptTypeVersion'),
  },
  { name: 'error_code', type: 'STRING', nullable: true, of: (row) => textIn(row.failure, 'code') },
  { name: 'content_type', type: 'STRING', of: (row) => row.contentType },
  { name: 'facts', type: 'STRING', nullable: true, of: (row) => row.facts },
  { name: 'failure', type: 'STRING', nullable: true, of: (row) => row.failure },
  { name: 'callback_url', type: 'STRING', nullable: true, of: (row) => row.callbackUrl },
  { name: 'traceparent', type: 'STRING', nullable: true, of: (row) => row.traceparent },
  { name: 'fingerprint', type: 'STRING', of: (row) => row.fingerprint },
  { name: 'registrations', type: 'STRING', of: (row) => row.registrations },
  { name: 'callbacks', type: 'STRING', of: (row) => row.callbacks },
  { name: 'webhooks', type: 'STRING', of: (row) => row.webhooks },
  { name: 'dead_letters', type: 'STRING', of: (row) => row.deadLetters },
  { name: 'history', type: 'STRING', of: (row) => row.history },
  { name: 'document', type: 'BYTE_ARRAY', of: (row) => row.document },
];

/** What a resource is made of. */
export const BRIEF = [
  'id',
  'client_id',
  'kind',
  'natural_id',
  'status',
  'version',
  'created_at',
  'updated_at',
  'settled_at',
  'content_type',
  'facts',
  'failure',
  'callback_url',
  'traceparent',
  'fingerprint',
  'registrations',
];

export function columnsOf(rows: readonly ArchivedRow[]): ColumnSource[] {
  return COLUMNS.map(({ name, type, nullable, of }) => ({
    name,
    type,
    nullable: nullable ?? false,
    data: rows.map(of),
    // A document's smallest and largest bytes tell nobody anything.
    ...(name === 'document' ? { statistics: false } : {}),
  }));
}

/** A row as the Parquet reader gives it, by column. */
export type ParquetRecord = Readonly<Record<string, unknown>>;

export function rowOf(record: ParquetRecord): ArchivedRow {
  return {
    ...identityOf(record),
    fingerprint: text(record, 'fingerprint'),
    failure: textOrNull(record, 'failure'),
    facts: textOrNull(record, 'facts'),
    contentType: text(record, 'content_type'),
    registrations: text(record, 'registrations'),
    history: text(record, 'history'),
    callbacks: text(record, 'callbacks'),
    webhooks: text(record, 'webhooks'),
    deadLetters: text(record, 'dead_letters'),
    document: bytes(record, 'document'),
  };
}

export function submissionOf(record: ParquetRecord): ArchivedSubmission {
  const [facts, failure] = [textOrNull(record, 'facts'), textOrNull(record, 'failure')];
  return {
    submission: {
      ...identityOf(record),
      // What flow wrote there, as JSON.
      facts: facts === null ? {} : (JSON.parse(facts) as JsonObject),
      failure: failure === null ? null : (JSON.parse(failure) as Failure),
      registrations: JSON.parse(text(record, 'registrations')) as Registration[],
    },
    contentType: text(record, 'content_type'),
    fingerprint: text(record, 'fingerprint'),
  };
}

function identityOf(record: ParquetRecord) {
  return {
    id: text(record, 'id'),
    clientId: text(record, 'client_id'),
    kind: text(record, 'kind'),
    naturalId: text(record, 'natural_id'),
    // The database let no other word in.
    status: text(record, 'status') as Status,
    version: Number(record['version']),
    createdAt: time(record, 'created_at') ?? 0,
    updatedAt: time(record, 'updated_at') ?? 0,
    settledAt: time(record, 'settled_at'),
    callbackUrl: textOrNull(record, 'callback_url'),
    traceparent: textOrNull(record, 'traceparent'),
  };
}

export function text(record: ParquetRecord, name: string): string {
  const value = record[name];
  if (typeof value !== 'string') throw new Error(`the archive's column ${name} holds no text`);
  return value;
}

function textOrNull(record: ParquetRecord, name: string): string | null {
  return record[name] === null || record[name] === undefined ? null : text(record, name);
}

export function time(record: ParquetRecord, name: string): number | null {
  const value = record[name];
  return value instanceof Date ? value.getTime() : null;
}

export function bytes(record: ParquetRecord, name: string): Uint8Array {
  const value = record[name];
  if (!(value instanceof Uint8Array)) throw new Error(`the archive's column ${name} holds no bytes`);
  return value;
}

function memberOf(json: string | null, name: string): unknown {
  // What flow wrote there, as JSON.
  return json === null ? undefined : (JSON.parse(json) as JsonObject)[name];
}

function textIn(json: string | null, name: string): string | null {
  const value = memberOf(json, name);
  return typeof value === 'string' ? value : null;
}

function numberIn(json: string | null, name: string): number | null {
  const value = memberOf(json, name);
  return typeof value === 'number' && Number.isInteger(value) ? value : null;
}
