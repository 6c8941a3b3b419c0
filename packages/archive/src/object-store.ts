/** Where the archive lies: a folder of this machine, or a bucket of anything that speaks S3. */
export type ArchiveLocation =
  | { readonly type: 'folder'; readonly path: string }
  | {
      readonly type: 's3';
      readonly bucket: string;
      /** Before every path; empty, or ends with `/`. */
      readonly prefix: string;
      readonly region: string;
      /** Of others than AWS, such as `http://minio:9000`. */
      readonly endpoint?: string;
      /** Left out: what the machine's own role gives (AWS's usual chain). */
      readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
    };

/** Files by path, never changed once they are there. Whoever reads sees a file whole or not at all. */
export interface ObjectStore {
  /** Durable when it resolves. The same path again replaces the file. One writer at a time. */
  readonly put: (path: string, bytes: Uint8Array) => Promise<void>;
  readonly get: (path: string) => Promise<Uint8Array | undefined>;
  /** Bytes `start` to before `end`. @throws Error where there is no such file. */
  readonly slice: (path: string, start: number, end: number) => Promise<Uint8Array>;
  /** Nothing happens where there is no such file. */
  readonly remove: (path: string) => Promise<void>;
  /** A URL that anybody may read the file by for so long; undefined where the store itself serves none (a folder). */
  readonly url: (path: string, forMs: number) => Promise<string | undefined>;
  readonly close: () => void;
}
