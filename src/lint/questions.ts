// What no file can say. How long a request takes, asked for every server that has a grace and says nothing of its own
// waiting; and whether a script that is the first process handles SIGTERM, if it cannot be read.
import type { Question } from './finding.ts';
import { waitOf } from './known/servers.ts';
import { scriptOf } from './rules/pid1-ignores-sigterm.ts';
import { seconds } from './source/durations.ts';
import type { Program } from './subjects/program.ts';
import { servicesOf } from './subjects/cluster.ts';
import type { World } from './world.ts';

export function questions(world: World): Question[] {
  const asked: Question[] = [];
  for (const program of serversOf(world)) {
    const graceMs = program.grace?.ms;
    if (graceMs === null || graceMs === undefined || !Number.isFinite(graceMs)) continue;
    if (program.longestRequestMs !== undefined || waitOf(program) !== undefined || program.partial) continue;
    const leftMs = Math.max(0, graceMs - program.preStopMs);
    asked.push({
      at: program.span,
      what: `How long does the longest request of ${program.label} take? It has ${seconds(leftMs)} from SIGTERM to the kill.`,
    });
  }
  return [...asked, ...world.programs.flatMap(handlerQuestion)];
}

function handlerQuestion(program: Program): Question[] {
  const script = scriptOf(program);
  const { launch, isFirstProcess, hasInit, facts, handlesSigterm, code, role } = program;
  const isProcessOne =
    isFirstProcess &&
    hasInit === false &&
    launch?.init === false &&
    !facts.hasInit &&
    (!launch.shell || launch.shell.execs);
  if (script === undefined || !isProcessOne || handlesSigterm !== undefined || code !== undefined || role === 'job')
    return [];
  return [
    {
      at: program.launchSpan,
      what: `Does \`${script}\` handle SIGTERM? As the first process it ignores it otherwise.`,
    },
  ];
}

/** Programs that certainly take requests from others. */
function serversOf({ cluster, compose, nomad, ecs }: World): Program[] {
  const pods = cluster.workloads.filter(
    (workload) => workload.role === 'server' && servicesOf(workload, cluster).length > 0,
  );
  return [
    ...pods.flatMap(({ pod }) =>
      pod.containers
        .filter(({ tree }) => tree.get('ports').exists || pod.containers.length === 1)
        .map(({ program }) => program),
    ),
    ...compose.filter(({ get }) => get('ports').exists).map(({ program }) => program),
    ...nomad
      .filter(({ group, tree }) => group.get('service').exists || tree.get('service').exists)
      .map(({ program }) => program),
    ...ecs.filter(({ key }) => key('portMappings').items().length > 0).map(({ program }) => program),
  ];
}
