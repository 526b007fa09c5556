// CMD or ENTRYPOINT in shell form: the shell gets the signal, the program does not.
import { defineRule } from '../rule.ts';
import type { CommandInstruction } from '../subjects/image.ts';
import { readShell } from '../read/shell.ts';
import { BRIEF, shellHabit } from '../known/shells.ts';

export const rule = defineRule({
  id: 'shell-form',
  severity: 'error',
  title: 'CMD or ENTRYPOINT in shell form: the shell gets the signal, the program does not',
  why: 'The shell form starts `/bin/sh -c`, which is the first process of the container and passes no signal on. The program never hears of SIGTERM and is killed when the grace is over, every time.',
  source: 'https://docs.docker.com/reference/dockerfile/#shell-form-entrypoint-example',
  bad: { Dockerfile: 'FROM python:3.13\nCMD gunicorn app:app\n' },
  good: { Dockerfile: 'FROM python:3.13\nCMD ["gunicorn", "app:app"]\n' },
  check({ images }, report) {
    for (const { image } of images) {
      const { entrypoint, command, shell } = image;
      // An ENTRYPOINT in shell form takes no arguments, so CMD means nothing then.
      const instruction = entrypoint && !entrypoint.words ? entrypoint : command;
      if (!instruction || instruction.words || instruction.text === '') continue;
      // Windows has another shell, and no signals.
      if (/windows|nanoserver|servercore/.test(image.base ?? '')) continue;
      if (shell?.words && !/(?:^|\/)(?:ba|da|a|z)?sh$/.test(shell.words[0] ?? '')) continue;
      if (instruction.brokenJson) {
        report({
          at: instruction.argumentsSpan,
          what: `${instruction.keyword} looks like a list and is no JSON, so it is run by the shell, brackets and all.`,
          todo: 'Write the list as JSON: double quotes around every word, a comma between them.',
          ...edits(asJson(instruction), instruction),
        });
        continue;
      }
      if (entrypoint && instruction === command) continue;
      const { commands } = readShell(instruction.text);
      const last = commands.at(-1);
      // `exec` makes the shell become the program; a shell as the program is somebody's terminal.
      if (
        !last ||
        last.words[0] === 'exec' ||
        BRIEF.has(last.words[0]!) ||
        isTerminal(commands.map(({ words }) => words))
      )
        continue;
      report({
        at: instruction.argumentsSpan,
        what: `${instruction.keyword} is in shell form: ${consequence(last.words, shell?.words?.[0], image.base)}.`,
        todo: 'Write it as a JSON list, or begin it with `exec`.',
        ...edits(rewritten(instruction), instruction),
      });
    }
  },
});

function consequence(words: readonly string[], shell = '/bin/sh', base: string | undefined): string {
  const name = (words.find((word) => !/^[A-Za-z_]\w*=/.test(word)) ?? words[0]!).slice(0, 40);
  if (shellHabit(shell, base) === 'keeps') return `\`${shell} -c\` gets SIGTERM, and \`${name}\` does not`;
  return `whether \`${name}\` gets SIGTERM depends on what kind of shell ${shell} is, and of which version`;
}

function edits(text: string | undefined, { argumentsSpan }: CommandInstruction) {
  return text === undefined ? {} : { edits: [{ span: argumentsSpan, text }] };
}

/** A single plain command becomes a list; anything that needs a shell keeps it. */
function rewritten({ text }: CommandInstruction): string | undefined {
  const { commands } = readShell(text);
  if (commands.length !== 1 || commands[0]!.then !== '' || /[$`*?~{}<>|&;()\\#!\n]|\[/.test(text)) return undefined;
  const { words } = commands[0]!;
  if (words.some((word) => /^[A-Za-z_]\w*=/.test(word)) || words[0] === 'cd' || words[0] === '.') return undefined;
  return `[${words.map((word) => JSON.stringify(word)).join(', ')}]`;
}

function asJson({ text }: CommandInstruction): string | undefined {
  if (!/^\[\s*'[^'"\\]*'(?:\s*,\s*'[^'"\\]*')*\s*\]$/.test(text)) return undefined;
  return text.replaceAll("'", '"');
}

function isTerminal(commands: readonly (readonly string[])[]): boolean {
  return (
    commands.length === 1 && commands[0]!.length === 1 && /^(?:\/(?:usr\/)?bin\/)?(?:ba|z|a)?sh$/.test(commands[0]![0]!)
  );
}
