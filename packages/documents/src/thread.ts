// The thread that documents of strangers are judged in: it may be killed at any time, and nothing else is in it.
import { parentPort } from 'node:worker_threads';
import { compile } from './compile.ts';
import type { NamedType, Paper } from './document-type.ts';
import { createCompiledOf, isCompiled, judge } from './judge.ts';

/** What the thread is asked. `news`: types it has not been given yet, by key; `types`: keys of all that count now. */
export type Order =
  | {
      readonly what: 'judge';
      readonly paper: Paper;
      readonly types: readonly number[];
      readonly news: readonly (readonly [number, NamedType])[];
    }
  | { readonly what: 'check'; readonly named: NamedType };

const types = new Map<number, NamedType>();
const compiledOf = createCompiledOf((compiling) => parentPort?.postMessage({ compiling }));

parentPort?.on('message', (order: Order) => {
  try {
    parentPort?.postMessage({ answer: obey(order) });
  } catch (error) {
    parentPort?.postMessage({ error: error instanceof Error ? error.message : String(error) });
  }
});
parentPort?.postMessage({ ready: true });

function obey(order: Order) {
  if (order.what === 'check') {
    const compiled = compile(order.named.type);
    return isCompiled(compiled) ? [] : compiled;
  }
  for (const [key, named] of order.news) types.set(key, named);
  const wanted = new Set(order.types);
  for (const key of types.keys()) if (!wanted.has(key)) types.delete(key);
  return judge(
    order.paper,
    order.types.flatMap((key) => types.get(key) ?? []),
    compiledOf,
  );
}
