import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { fromAwsError } from './aws-error.ts';
import type { Environment } from './config.ts';
import { EtlError, rejecting } from './domain/failure.ts';
import { resolveReference, secretsIn } from './spec/load-config.ts';

/** How long a value that nobody refused is taken again. */
const KEPT_MS = 10 * 60_000;

/** What a text of the configuration comes to; `anew` after it was refused. */
export type ResolveSecret = (text: string, anew?: boolean) => Promise<string>;

/**
 * Puts values in for `${env:NAME}` and `${secret:ARN}`: late, because secrets are rotated, and never anywhere but in
 * the request that needs them. `${secret:ARN#field}` is a field of a secret that is JSON.
 *
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
 */
export function createSecrets(options: object, env: Environment): ResolveSecret {
  const client = new SecretsManagerClient(options);
  const kept = new Map<string, { value: string; untilMs: number }>();

  async function secret(id: string, anew: boolean): Promise<string> {
    const known = kept.get(id);
    if (known && !anew && known.untilMs > Date.now()) return known.value;
    try {
      const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: id }));
      if (SecretString === undefined) throw new EtlError('Rejected', `the secret ${id} holds no text`);
      kept.set(id, { value: SecretString, untilMs: Date.now() + KEPT_MS });
      return SecretString;
    } catch (error) {
      throw fromAwsError(error, `read the secret ${id}`);
    }
  }

  return async (text, anew = false) => {
    const values = new Map<string, string>();
    for (const { whole, id, field } of secretsIn(text)) {
      const value = await secret(id, anew);
      values.set(whole, field === undefined ? value : fieldOf(id, value, field));
    }
    return rejecting(() => resolveReference(text, env, undefined, values));
  };
}

function fieldOf(id: string, text: string, field: string): string {
  let value: unknown;
  try {
    value = (JSON.parse(text) as Record<string, unknown>)[field];
  } catch {
    throw new EtlError('Rejected', `the secret ${id} is no JSON, so that it has no field ${field}`);
  }
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  throw new EtlError('Rejected', `the secret ${id} has no field ${field} with a text`);
}
