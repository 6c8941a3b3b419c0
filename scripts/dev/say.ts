import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { prettyFactory } from 'pino-pretty';

const NAME_WIDTH = 9;
const pretty = prettyFactory({
  colorize: process.stdout.isTTY,
  ignore: 'pid,hostname,service',
  singleLine: true,
  translateTime: 'HH:MM:ss.l',
});

/** One line of output, after the name of who says it. pino's JSON is made readable. */
export function say(name: string, line: string): void {
  const text = line.startsWith('{') ? pretty(line) : line;
  process.stdout.write(`${name.padEnd(NAME_WIDTH)}│ ${text.trimEnd()}\n`);
}

/** Says every line of a stream. */
export function sayAll(name: string, stream: Readable): void {
  createInterface({ input: stream }).on('line', (line) => {
    if (line !== '') say(name, line);
  });
}
