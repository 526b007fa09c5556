import { runHostile } from '../suite/run-hostile.ts';
import { NODE_PLANE } from './testing/subject.ts';

runHostile(NODE_PLANE);
