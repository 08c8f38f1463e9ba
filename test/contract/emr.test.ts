import { describeEngine } from './engine.ts';
import { makeEmrWorld } from './emr-world.ts';

describeEngine('emr', makeEmrWorld, { http: true });
