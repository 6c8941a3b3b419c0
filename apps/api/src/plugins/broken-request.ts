import type { Socket } from 'node:net';
import { PROBLEM_JSON, PROBLEMS, problemText, type Slug } from '../problem.ts';

/** Bytes that are no HTTP request, or that came too slowly: answered by hand, because there is no request to reply to. */
export function answerBrokenRequest(
  error: Error & { code?: string },
  socket: Socket & { _httpMessage?: { headersSent: boolean } },
): void {
  // Node's own rule: say nothing where an answer has already begun, the client would take it for its continuation.
  if (!socket.writable || socket._httpMessage?.headersSent || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const { slug, detail } = BROKEN[error.code ?? ''] ?? {
    slug: 'invalid-request',
    detail: 'This is not a well-formed HTTP/1.1 request',
  };
  const { status } = PROBLEMS[slug];
  const body = problemText(slug, detail, crypto.randomUUID());
  socket.end(
    `HTTP/1.1 ${status} ${REASONS[status] ?? 'Bad Request'}\r\ncontent-type: ${PROBLEM_JSON}\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

const BROKEN: Readonly<Record<string, { slug: Slug; detail: string }>> = {
  ERR_HTTP_REQUEST_TIMEOUT: { slug: 'request-timeout', detail: 'The whole request must arrive within 10 s' },
  HPE_HEADER_OVERFLOW: { slug: 'headers-too-large', detail: 'All header fields together may have 16 KiB' },
};
const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
};
