import type { Deps } from './deps.ts';
import { connection } from './waiting.ts';

export function createNotifyActivities({ webhooks }: Deps) {
  return {
    /** Sends a message to a webhook; `id` lets the other side drop a repeated one. */
    async notify(request: {
      webhook: string;
      id: string;
      text: string;
      context: Record<string, unknown>;
    }): Promise<{ status: number }> {
      const { webhook, ...message } = request;
      return connection('webhook', webhooks, webhook).notify(message);
    },
  };
}
