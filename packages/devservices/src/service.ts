/** A service of our own on 127.0.0.1. */
export type Service = {
  /** `postgres://…` or `redis://…`, ready to connect to. */
  url: string;
  port: number;
  pid: number;
  /** Resolves when it has ended, for whatever reason. */
  exited: Promise<void>;
  /** Ends it politely; data of a throwaway service is deleted. */
  stop(): Promise<void>;
  /** SIGKILL, as a crash. Start it again with the same dataDir and port. */
  kill9(): Promise<void>;
};
