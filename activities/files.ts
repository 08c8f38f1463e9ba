import type { Json } from '../src/domain/definition.ts';
import type { Deps } from './deps.ts';
import { polling } from './waiting.ts';

/** More would make a history heavy; the count is always whole. */
const MOST_FILES = 1_000;

export interface FoundFiles {
  files: string[];
  count: number;
  bytes: number;
}

export function createFileActivities({ files, settings }: Deps) {
  return {
    /** Waits until there are `count` files below the path, and the marker if one is named. */
    async waitForData(request: { path: string; marker?: string; count: number }): Promise<FoundFiles> {
      const { path, marker, count } = request;
      const markerPath = marker === undefined ? undefined : `${path.replace(/\/?$/, '/')}${marker}`;
      return polling(
        settings.pollIntervalMs,
        async () => {
          if (markerPath !== undefined && (await files.list(markerPath)).length === 0) return undefined;
          const found = await files.list(path);
          if (found.length < count) return undefined;
          const bytes = found.reduce((sum, file) => sum + file.bytes, 0);
          return { files: found.slice(0, MOST_FILES).map((file) => file.path), count: found.length, bytes };
        },
        () => ({ waitingFor: markerPath ?? path }),
      );
    },

    /** Writes one object: text as it is, anything else as JSON. */
    async putObject(request: {
      path: string;
      content: Json;
    }): Promise<{ path: string; files: number; bytes: number }> {
      const { path, content } = request;
      const text = typeof content === 'string' ? content : `${JSON.stringify(content)}\n`;
      const { bytes } = await files.write(path, text);
      return { path, files: 1, bytes };
    },
  };
}
