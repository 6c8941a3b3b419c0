/**
 * What a failed statement means.
 * - `lost`: the connection broke; another one may do.   - `silent`: the server did not answer in time, or not at all.
 * - `unable`: it answered that it cannot now (shutting down, full, read-only, cancelled by its own time-out).
 * - `again`: two transactions met; the same statement may simply be repeated.   - `bad`: the statement's own content.
 */
export type Trouble = 'lost' | 'silent' | 'unable' | 'again' | 'bad';

const AGAIN = new Set(['40001', '40P01', '55P03']);
const LOST = new Set(['57P01', '57P02', '57P05', '25P03', 'ECONNRESET', 'EPIPE', 'ECONNABORTED']);
// 57P03: it is starting up or shutting down.
const SILENT = new Set(['57P03', 'ECONNREFUSED', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN']);
// Wrong password, no such database: not of the statement's making, and the next one fails as well.
const UNABLE = new Set(['57014', '25006', '28P01', '28000', '3D000']);

export function judge(error: unknown): Trouble {
  const { code, message } = faceOf(error);
  if (code.startsWith('STORE_')) return 'unable';
  if (AGAIN.has(code)) return 'again';
  if (LOST.has(code) || code.startsWith('08')) return 'lost';
  if (SILENT.has(code)) return 'silent';
  // 53: out of disk, memory or connections. 58: the operating system failed it.
  if (UNABLE.has(code) || code.startsWith('53') || code.startsWith('58')) return 'unable';
  // The driver's own errors have no code.
  if (/calling end on the pool/i.test(message)) return 'unable';
  if (isConnectTimeout(error) || /query read timeout/i.test(message)) return 'silent';
  if (/connection terminated|not queryable|connection ended|client was closed/i.test(message)) return 'lost';
  return 'bad';
}

/** The driver gave up connecting; none of these has a code. */
export function isConnectTimeout(error: unknown): boolean {
  return /timeout (expired|exceeded)|due to connection timeout/i.test(faceOf(error).message);
}

export function faceOf(error: unknown): { code: string; message: string } {
  if (!(error instanceof Error)) return { code: '', message: String(error) };
  // A connection tried on several addresses fails with all their errors.
  if (error instanceof AggregateError && error.errors.length > 0) return faceOf(error.errors[0]);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return { code, message: error.message };
}
