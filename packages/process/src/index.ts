export * from './environment.ts';
export * from './fields.ts';
export * from './provider-settings.ts';
export * from './callback-settings.ts';
export * from './log.ts';
export * from './closers.ts';
export * from './metrics.ts';
export * from './traceparent.ts';
