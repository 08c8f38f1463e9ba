import { describeEngine } from '../contract/engine.ts';
import { makeSparkWorld } from './spark-world.ts';

describeEngine('spark', makeSparkWorld, { http: true });
