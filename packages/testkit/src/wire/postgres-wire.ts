import { connect, createServer, type Server, type Socket } from 'node:net';
import { listening, type Wire } from './listening.ts';
import { killSender } from './owner.ts';
import type { Tripwire } from './tripwire.ts';

const SYNC = 'S';
const QUERY = 'Q';
const BIND = 'B';
const READY = 'Z';

/** A way to PostgreSQL that goes over a tripwire, statement by statement. `url`: the database's, by this way. */
export async function openPostgresWire(databaseUrl: string, tripwire: Tripwire): Promise<Wire> {
  const target = new URL(databaseUrl);
  const server: Server = createServer((client) => new Session(client, target, tripwire));
  const { port, close } = await listening(server);
  const url = new URL(databaseUrl);
  url.host = `127.0.0.1:${port}`;
  return { url: url.href, close };
}

/** One connection: whatever ends in Sync (or is a simple query) is one message, and its answer ends in ReadyForQuery. */
class Session {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #tripwire: Tripwire;
  #started = false;
  #unread = Buffer.alloc(0);
  #batch: Buffer[] = [];
  #answer: Buffer[] = [];
  #answered: ((answer: Buffer) => void) | undefined;
  #unreadAnswer = Buffer.alloc(0);

  constructor(client: Socket, target: URL, tripwire: Tripwire) {
    this.#client = client;
    this.#tripwire = tripwire;
    this.#server = connect(Number(target.port), target.hostname);
    for (const [one, other] of [
      [client, this.#server],
      [this.#server, client],
    ] as const) {
      one.setNoDelay(true);
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
    // Who died of something else while it waited gets no answer; but nothing is on its way any more.
    this.#server.on('close', () => this.#answered?.(Buffer.alloc(0)));
    client.on('data', (bytes) => this.#ask(Buffer.from(bytes)));
    this.#server.on('data', (bytes) => this.#hear(Buffer.from(bytes)));
  }

  #ask(bytes: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, bytes]);
    for (;;) {
      // The first packet has no type.
      const head = this.#started ? 1 : 0;
      if (this.#unread.length < head + 4) return;
      const end = head + this.#unread.readInt32BE(head);
      if (this.#unread.length < end) return;
      const packet = this.#unread.subarray(0, end);
      this.#unread = this.#unread.subarray(end);
      this.#packet(packet, this.#started ? String.fromCharCode(packet[0] ?? 0) : '');
      this.#started = true;
    }
  }

  #packet(packet: Buffer, type: string): void {
    // The handshake: start, password; and the goodbye.
    if (type === '' || type === 'p' || type === 'X') return void this.#server.write(packet);
    this.#batch.push(packet);
    if (type !== SYNC && type !== QUERY) return;
    const message = Buffer.concat(this.#batch);
    const what = nameOf(this.#batch);
    this.#batch = [];
    void this.#tripwire
      .pass({
        text: message.toString('latin1'),
        what,
        kill: () => killSender(this.#client),
        forward: () => this.#forward(message),
      })
      .then((answer) => this.#client.write(answer));
  }

  #forward(message: Buffer): Promise<Buffer> {
    this.#server.write(message);
    return new Promise((resolve) => (this.#answered = resolve));
  }

  #hear(bytes: Buffer): void {
    if (!this.#answered) return void this.#client.write(bytes);
    this.#answer.push(bytes);
    if (!this.#isOver(bytes)) return;
    const answer = Buffer.concat(this.#answer);
    const answered = this.#answered;
    this.#answer = [];
    this.#answered = undefined;
    answered(answer);
  }

  #isOver(bytes: Buffer): boolean {
    this.#unreadAnswer = Buffer.concat([this.#unreadAnswer, bytes]);
    for (;;) {
      if (this.#unreadAnswer.length < 5) return false;
      const type = String.fromCharCode(this.#unreadAnswer[0] ?? 0);
      const end = 1 + this.#unreadAnswer.readInt32BE(1);
      if (this.#unreadAnswer.length < end) return false;
      this.#unreadAnswer = this.#unreadAnswer.subarray(end);
      if (type === READY) return true;
    }
  }
}

/** The prepared statement's name, as Bind has it behind the portal's; else the statement's beginning. */
function nameOf(packets: readonly Buffer[]): string {
  const bind = packets.find((packet) => packet[0] === BIND.charCodeAt(0));
  const [, name] = bind?.toString('latin1', 5).split('\0') ?? [];
  return name ?? packets[0]?.toString('latin1', 5, 30) ?? '';
}
