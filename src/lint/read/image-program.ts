// The program that an image starts by itself. Where it will run, and how long it gets there, is not known yet.
import { imageFacts } from '../known/images.ts';
import type { Image } from '../subjects/image.ts';
import type { Program } from '../subjects/program.ts';
import type { Start } from './container-launch.ts';
import type { Reading } from './reading.ts';

export function imageProgram(image: Image, start: Start, reading: Reading): Program {
  const facts = imageFacts(image.base);
  const isCertain = image.entrypoint !== undefined || facts.entrypoint !== undefined;
  return {
    platform: 'dockerfile',
    label: 'this image',
    span: image.fromSpan,
    launch: /windows|nanoserver|servercore/.test(image.base ?? '') ? undefined : start.launch,
    launchSpan: start.span,
    image: image.base,
    base: image.base,
    facts,
    environment: new Map(
      [...image.environment].map(([key, { value, span }]) => [
        key,
        { value: value.includes('$') ? undefined : value, span },
      ]),
    ),
    grace: null,
    preStopMs: 0,
    signal:
      image.stopSignal?.value === undefined
        ? undefined
        : { value: image.stopSignal.value, span: image.stopSignal.span },
    isFirstProcess: isCertain,
    hasInit: isCertain ? false : null,
    role: 'server',
    partial: false,
    handlesSigterm: reading.handlesSigterm,
    longestRequestMs: reading.longestRequestMs(image.fromSpan.start),
    code: start.code,
    codeSpan: start.codeSpan,
  };
}
