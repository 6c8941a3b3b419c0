/** One HTTP request to another house. */
export interface OutboundRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Absolute `http:` or `https:` URL; a fragment is not sent. Build it under a base with `urlUnder`. */
  readonly url: string;
  /** Names in any case. `user-agent` is always ours; `content-type` is JSON when there is a body and none is given. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** The whole call, from here to the last byte of the answer, waiting for a connection included. */
  readonly timeoutMs: number;
  /** Ends the call early: `no-answer` with reason `aborted`. */
  readonly signal?: AbortSignal;
  /**
   * Asked when the first byte is about to leave; false: it does not, `aborted` and surely not sent. For rights that end while a
   * process stands still (SIGSTOP), when no timer or signal tells.
   */
  readonly isStillDue?: () => boolean;
  /** Answer bytes kept; the rest is cut and the connection closed. Default: the caller's `maxBytes`. */
  readonly maxBytes?: number;
  /** W3C trace context, sent as `traceparent`. */
  readonly traceparent?: string;
}

/** A whole answer arrived, whatever its status; 3xx are answers too, they are never followed. */
export interface OutboundAnswer {
  readonly type: 'answer';
  readonly statusCode: number;
  /** Names in lower case; a header that came several times is joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** UTF-8, cut at `maxBytes`, never in the middle of a character. Unpacked where it came compressed (gzip, deflate). */
  readonly body: string;
  /** Cut, or compressed in a way that cannot be unpacked. */
  readonly truncated: boolean;
  readonly durationMs: number;
  /** From `Retry-After`, if it was there and could be read; at most 24 h. */
  readonly retryAfterMs?: number;
}

/** Why there is no answer. `refused`: nobody listens or no route; `reset`: the connection broke or spoke no HTTP; `too-large`: its headers. */
export type NoAnswerReason = 'timeout' | 'refused' | 'dns' | 'reset' | 'tls' | 'blocked' | 'too-large' | 'aborted';

/** No (whole) answer arrived. */
export interface NoAnswer {
  readonly type: 'no-answer';
  readonly reason: NoAnswerReason;
  /**
   * `no` only when it is certain that no byte of the request left this machine: the effect cannot have happened.
   * Everything else is `maybe`; whoever moves money waits out the third party's ambiguous window and looks first.
   */
  readonly sent: 'no' | 'maybe';
  /** For people and logs; holds no header, body or query. */
  readonly message: string;
  readonly durationMs: number;
}

export type OutboundResult = OutboundAnswer | NoAnswer;

/** Calls once; resolves for whatever the network does, throws only `TypeError` for a request no network could carry. */
export type Call = (request: OutboundRequest) => Promise<OutboundResult>;
