import { jest } from '@jest/globals';
import { describeEngine } from '../contract/engine.ts';
import { makeSparkWorld } from './spark-world.ts';

// Java starts slowly where much else runs.
jest.setTimeout(300_000);

describeEngine('spark', makeSparkWorld, { http: true });
