import type { Deps } from './deps.ts';
import { connection } from './waiting.ts';

export function createNotifyActivities({ webhooks, topics }: Deps) {
  return {
    /** Sends a message to a webhook or a topic; `id` lets the other side drop a repeated one. */
    async notify(request: {
      webhook?: string;
      topic?: string;
      id: string;
      subject?: string;
      text: string;
      context: Record<string, unknown>;
    }): Promise<{ status: number } | { messageId: string }> {
      const { webhook, topic, ...message } = request;
      const notifier =
        topic === undefined
          ? connection('webhook', webhooks, webhook ?? '')
          : connection('topic', topics, topic);
      return notifier.notify(message);
    },
  };
}
