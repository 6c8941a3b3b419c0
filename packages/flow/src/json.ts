/** A value that survives JSON unchanged: what may cross a wire, a queue or a process wall. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };
