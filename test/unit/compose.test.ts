import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

interface Service {
  image?: string;
  build?: { target: string };
  ports?: { host_ip?: string }[];
}

/* Docker Compose itself, out of a Python package, reads and checks the file; no engine runs here. */
const { compose } = JSON.parse(readFileSync('.millrace/tools.json', 'utf8')) as { compose: string | null };
const services = (...args: string[]): Record<string, Service> =>
  JSON.parse(execFileSync(compose ?? '', [...args, 'config', '--format', 'json'], { encoding: 'utf8' }))
    .services;

(compose === null ? test.skip : test)(
  'docker-compose.yml is valid, with and without the local stand-ins',
  () => {
    expect(Object.keys(services())).not.toContain('ministack');
    const local = services('--env-file', 'docker/local.env');
    expect(Object.keys(local)).toEqual(
      expect.arrayContaining(['worker', 'ministack', 'redshift-data', 'data-pipeline']),
    );

    for (const { ports = [] } of Object.values(local)) {
      for (const port of ports) expect(port.host_ip).toBe('127.0.0.1');
    }
    const stages = readFileSync('Dockerfile', 'utf8');
    for (const { build } of Object.values(local)) {
      if (build !== undefined) expect(stages).toContain(`AS ${build.target}\n`);
    }
  },
);
