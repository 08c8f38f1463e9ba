import { writeFileSync } from 'node:fs';

/*
 * Loaded into a process that is measured: says at its end how much memory it had at most. The kernel keeps count, so
 * nothing is missed between two looks. https://nodejs.org/api/process.html#processresourceusage
 */

const file = process.env['MILLRACE_BENCH_PEAK'];
if (file === undefined) throw new Error('MILLRACE_BENCH_PEAK names the file to write to');
process.on('exit', () => writeFileSync(file, String(process.resourceUsage().maxRSS)));
