import { Context } from '@temporalio/activity';
import type { ActivityExecuteInput, ActivityInboundCallsInterceptor, Next } from '@temporalio/worker';

const BRIEF_MS = 3_600_000;

/**
 * Heartbeats for brief activities once they last: that of a worker that died is then tried again after the heartbeat
 * timeout, not after the whole of its time. Those that wait for long heartbeat by themselves, with their details.
 */
export class KeepAliveInterceptor implements ActivityInboundCallsInterceptor {
  async execute(
    input: ActivityExecuteInput,
    next: Next<ActivityInboundCallsInterceptor, 'execute'>,
  ): Promise<unknown> {
    const context = Context.current();
    const { heartbeatTimeoutMs, startToCloseTimeoutMs } = context.info;
    if (heartbeatTimeoutMs === undefined || startToCloseTimeoutMs > BRIEF_MS) return next(input);
    const timer = setInterval(() => context.heartbeat(), heartbeatTimeoutMs / 3);
    try {
      return await next(input);
    } finally {
      clearInterval(timer);
    }
  }
}
