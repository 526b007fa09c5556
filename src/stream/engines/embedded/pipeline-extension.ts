// What a pipeline adds to its unit: its progress in `status` and metrics, checkpoints on request, and the models' routes of
// the control socket.
import { LastcallError } from '../../../base/errors.ts';
import type { CheckpointRecord, ControlHandler, ControlRequest, UnitExtension } from '../../../lifecycle/index.ts';
import type { OpenPipeline } from './open.ts';
import type { PartUnits } from './part-units.ts';
import { metricsOf } from './progress.ts';
import type { ProgressMeter } from './progress.ts';

/** @param parts null where nothing can be stopped alone */
export function pipelineExtension(open: OpenPipeline, meter: ProgressMeter, parts: PartUnits | null): UnitExtension {
  const { models } = open;
  return {
    status: () => ({ ...meter.snapshot() }),
    metrics: () => metricsOf(meter.snapshot()),
    checkpoint: () => archiveNow(open),
    routes: {
      'POST /models/:name/swap': async (request) => {
        const path = text(request, 'path');
        return ok(await models.swap(request.params['name']!, path, text(request, 'version')));
      },
      'POST /models/:name/freeze': learning(models, 'frozen'),
      'POST /models/:name/thaw': learning(models, 'thawed'),
      'POST /start': async (request) => {
        const scope = text(request, 'scope');
        if (parts === null) throw nothingStops(scope);
        return ok({ scope, parked: await parts.start(scope) });
      },
    },
  };
}

function learning(models: OpenPipeline['models'], to: 'frozen' | 'thawed'): ControlHandler {
  return async ({ params }) => {
    await models.setLearning(params['name']!, to);
    return ok({ model: params['name'], learning: to === 'thawed' });
  };
}

function nothingStops(scope: string): LastcallError {
  return new LastcallError('not_found', {
    what: 'nothing of this pipeline can be stopped and started alone',
    on: scope,
    todo: 'Declare parts, or models that are stoppable.',
  });
}

function ok(body: unknown): { status: number; body: unknown } {
  return { status: 200, body };
}

async function archiveNow({ archivist, checkpoint }: OpenPipeline): Promise<CheckpointRecord> {
  if (archivist === null) {
    throw new LastcallError('usage', {
      what: 'this pipeline keeps no archives',
      todo: "Leave out archive: 'never' in its definition.",
    });
  }
  const { id, progress } = await archivist.now();
  const position = Object.fromEntries(progress.map((at, partition) => [partition, at.position]));
  return { ...checkpoint(), id, position };
}

function text({ body }: ControlRequest, field: string): string {
  const value: unknown =
    typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[field] : undefined;
  if (typeof value === 'string' && value !== '') return value;
  throw new LastcallError('usage', { what: 'it is missing', on: field, todo: `Send { "${field}": "…" }.` });
}
