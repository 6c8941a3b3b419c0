import type { NoAnswerReason } from './outbound-types.ts';

const BY_CODE: Readonly<Record<string, NoAnswerReason>> = {
  COUNTERSIGN_BLOCKED: 'blocked',
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'refused',
  ENETUNREACH: 'refused',
  EHOSTDOWN: 'refused',
  ENETDOWN: 'refused',
  EADDRNOTAVAIL: 'refused',
  EACCES: 'refused',
  EPERM: 'refused',
  ENOTFOUND: 'dns',
  ENODATA: 'dns',
  ESERVFAIL: 'dns',
  ETIMEOUT: 'dns',
  EREFUSED: 'dns',
  EFORMERR: 'dns',
  EBADRESP: 'dns',
  EBADNAME: 'dns',
  ETIMEDOUT: 'timeout',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_OVERFLOW: 'too-large',
  UND_ERR_RES_EXCEEDED_MAX_SIZE: 'too-large',
  UND_ERR_ABORTED: 'aborted',
  UND_ERR_DESTROYED: 'aborted',
  UND_ERR_CLOSED: 'aborted',
  EPROTO: 'tls',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'tls',
  SELF_SIGNED_CERT_IN_CHAIN: 'tls',
  HOSTNAME_MISMATCH: 'tls',
  INVALID_CA: 'tls',
};

/** Node's own names for trouble with TLS and certificates, too many to list one by one. */
const TLS_CODE = /^(ERR_TLS_|ERR_SSL_|CERT_|CRL_|UNABLE_TO_|ERROR_IN_)/;

/** Puts an error of sockets, DNS, TLS or undici into one of our words. What we do not know is a broken connection. */
export function reasonOf(error: Error): NoAnswerReason {
  const code = codeOf(error);
  const known = BY_CODE[code];
  if (known) return known;
  if (TLS_CODE.test(code)) return 'tls';
  if (code.startsWith('EAI_')) return 'dns';
  return 'reset';
}

/** The error's `code`; several addresses tried in vain come as one AggregateError, whose first error speaks for all. */
export function codeOf(error: Error): string {
  const code = (error as { code?: unknown }).code; // a wall: every library hangs its code here, none declares it
  if (typeof code === 'string') return code;
  const first: unknown = error instanceof AggregateError ? error.errors[0] : undefined;
  return first instanceof Error ? codeOf(first) : '';
}
