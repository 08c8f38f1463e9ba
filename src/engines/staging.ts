import type { z } from 'zod';
import { EtlError } from '../domain/failure.ts';
import { isS3Path } from '../domain/file-path.ts';
import type { ObjectStore } from '../ports.ts';

/**
 * The place that workers and the cluster share: programs for jobs, and small notes about submissions, which stay when
 * the vendor has forgotten the job. Each key has a folder there.
 */
export class Staging {
  readonly #store: ObjectStore;
  readonly #folder: string;
  readonly #s3Scheme: 's3' | 's3a';

  /** `folder` is an `s3://` path or an absolute one. */
  constructor(store: ObjectStore, folder: string, s3Scheme: 's3' | 's3a') {
    this.#store = store;
    this.#folder = folder.replace(/\/*$/, '/');
    this.#s3Scheme = s3Scheme;
  }

  /** Writes a file and returns its URL, as the cluster reads it. */
  async put(key: string, name: string, content: string): Promise<string> {
    const path = `${this.#folder}${key}/${name}`;
    await this.#store.write(path, content);
    return this.url(path);
  }

  /** A path of ours as the cluster's Spark calls it. Other URLs are left as they are. */
  url(path: string): string {
    if (isS3Path(path)) return path.replace(/^s3:/, `${this.#s3Scheme}:`);
    return path.startsWith('/') ? `file://${path}` : path;
  }

  async note(key: string, name: string, value: object): Promise<void> {
    await this.#store.write(this.#pathOf(key, name), JSON.stringify(value));
  }

  /** The same, unless there is such a note: then it stays, and the answer is false. */
  async claim(key: string, name: string, value: object): Promise<boolean> {
    return this.#store.create(this.#pathOf(key, name), JSON.stringify(value));
  }

  /** The names of the key's notes that begin so, in order. */
  async names(key: string, prefix: string): Promise<string[]> {
    const files = await this.#store.list(`${this.#folder}${key}/${prefix}*.json`);
    return files.map(({ path }) => path.slice(path.lastIndexOf('/') + 1, -'.json'.length));
  }

  async read<T>(key: string, name: string, schema: z.ZodType<T>): Promise<T | undefined> {
    const path = this.#pathOf(key, name);
    const [file] = await this.#store.list(path);
    if (file === undefined) return undefined;
    const text = Buffer.from(await this.#store.read(path)).toString();
    try {
      return schema.parse(JSON.parse(text));
    } catch {
      throw new EtlError('Unexpected', `${path} is no note of Millrace: ${text.slice(0, 200)}`);
    }
  }

  async forget(key: string, name: string): Promise<void> {
    await this.#store.delete(this.#pathOf(key, name));
  }

  readonly #pathOf = (key: string, name: string): string => `${this.#folder}${key}/${name}.json`;
}
