import { EtlError } from '../domain/failure.ts';
import { whatAndFix } from '../spec/problem.ts';
import { CliError } from './error.ts';

/** gRPC's code for a server that went away. */
const UNAVAILABLE = 14;

/** An error as a command tells it. The libraries' own are known by their names, for not every command loads them. */
export function asCliError(error: unknown): CliError {
  if (error instanceof CliError) return error;
  if (error instanceof EtlError) return fromEtlError(error);
  const { name, message, namespace, cause } = (error ?? {}) as Partial<Error> & { namespace?: string };
  if (name === 'NamespaceNotFoundError')
    return new CliError(
      'NoNamespace',
      `Temporal has no namespace ${namespace}`,
      'name one that it has by --namespace or TEMPORAL_NAMESPACE',
    );
  if ((cause as { code?: unknown } | undefined)?.code === UNAVAILABLE)
    return new CliError('Unreachable', `Temporal went away (${message})`, 'try again', { exitCode: 3 });
  return new CliError('Unexpected', message ?? String(error), 'please report this', { exitCode: 1 });
}

function fromEtlError({ type, message: text }: EtlError): CliError {
  // Only problems of files come in several lines.
  const { message, fix } = text.includes('\n')
    ? { message: text, fix: 'see all by `millrace validate FILE`' }
    : whatAndFix(text, 'look there, and ask again');
  if (type === 'Rejected') return new CliError(type, message, fix);
  return new CliError(type, message, fix, { exitCode: 3 });
}
