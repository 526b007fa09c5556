// ECS task definitions → containers: the JSON of `register-task-definition` and of `describe-task-definition`, and
// `AWS::ECS::TaskDefinition` in CloudFormation.
import { imageFacts } from '../known/images.ts';
import type { Variable } from '../subjects/program.ts';
import type { EcsContainer } from '../subjects/tasks.ts';
import type { Tree } from '../tree/tree.ts';
import { containerLaunch } from './container-launch.ts';
import type { Reading } from './reading.ts';

export const ECS_STOP_TIMEOUT_MS = 30_000;

/** Task definitions in a document, each with how its keys are spelled. */
function definitionsOf(root: Tree): { tree: Tree; upper: boolean }[] {
  const plain = [root, root.get('taskDefinition')].filter((tree) => tree.get('containerDefinitions').kind === 'list');
  const resources = root.get('Resources').entries();
  const formed = resources.filter(({ value }) => value.get('Type').text() === 'AWS::ECS::TaskDefinition');
  return [
    ...plain.map((tree) => ({ tree, upper: false })),
    ...formed.map(({ value }) => ({ tree: value.get('Properties'), upper: true })),
  ];
}

export function isEcs(root: Tree): boolean {
  return definitionsOf(root).length > 0 || isContainerList(root);
}

/** A file that holds nothing but the list of containers, as Terraform modules keep it. */
function isContainerList(root: Tree): boolean {
  const items = root.items();
  return (
    items.length > 0 &&
    items.every((item) => item.get('image').exists && item.get('name').exists && !item.get('kind').exists) &&
    items.some(
      (item) => item.get('portMappings').exists || item.get('essential').exists || item.get('logConfiguration').exists,
    )
  );
}

export function readEcs(root: Tree, reading: Reading): EcsContainer[] {
  if (isContainerList(root)) return root.items().map((tree) => containerOf(root, tree, false, false, reading));
  return definitionsOf(root).flatMap(({ tree: definition, upper }) => {
    const needs = definition.get(upper ? 'RequiresCompatibilities' : 'requiresCompatibilities');
    const isFargate = needs.items().some((item) => item.text() === 'FARGATE');
    return definition
      .get(upper ? 'ContainerDefinitions' : 'containerDefinitions')
      .items()
      .filter((tree) => tree.kind === 'map')
      .map((tree) => containerOf(definition, tree, upper, isFargate, reading));
  });
}

function containerOf(definition: Tree, tree: Tree, upper: boolean, isFargate: boolean, reading: Reading): EcsContainer {
  const spell = (name: string) => (upper ? name[0]!.toUpperCase() + name.slice(1) : name);
  const key = (name: string) => tree.get(spell(name));
  const name = key('name');
  const span = name.exists ? name.span : tree.span;
  const image = key('image').text();
  const stop = key('stopTimeout');
  const start = containerLaunch({
    command: key('entryPoint'),
    args: key('command'),
    image: image === undefined ? undefined : reading.imageNamed(image),
    entrypoint: imageFacts(image).entrypoint,
    form: 'exec',
    reading,
    fallback: span,
  });
  const environment = new Map<string, Variable>();
  for (const variable of key('environment').items()) {
    const variableName = variable.get(spell('name')).text();
    const value = variable.get(spell('value'));
    if (variableName !== undefined)
      environment.set(variableName, { value: value.text(), span: value.exists ? value.span : variable.span });
  }
  const init = key('linuxParameters').get(spell('initProcessEnabled'));
  const number = stop.number();
  return {
    definition,
    tree,
    name: name.raw ?? '',
    isFargate,
    isEssential: key('essential').boolean() !== false,
    key,
    program: {
      platform: 'ecs',
      label: `container ${name.raw ?? ''}`,
      span,
      launch: start.launch,
      launchSpan: start.span,
      image,
      base: image,
      facts: imageFacts(image),
      environment,
      grace: {
        ms: stop.exists ? (number === undefined ? null : number * 1_000) : ECS_STOP_TIMEOUT_MS,
        span: stop.exists ? stop.span : undefined,
        setting: 'stopTimeout',
      },
      preStopMs: 0,
      signal: undefined,
      isFirstProcess: start.isCertain,
      hasInit: init.exists ? (init.boolean() ?? null) : start.isCertain ? false : null,
      role: 'server',
      partial: reading.partial,
      handlesSigterm: reading.handlesSigterm,
      longestRequestMs: reading.longestRequestMs(tree.span.start),
      code: start.code,
      codeSpan: start.codeSpan,
    },
  };
}
