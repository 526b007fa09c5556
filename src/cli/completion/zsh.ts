// Completion for zsh: sourced after compinit, or put as `_lastcall` into a directory of $fpath.
import { UNIT_SOCKETS } from './unit-sockets.ts';
import { type Candidates, type CommandWords, firstWords, groups } from './words.ts';

export function renderZsh(commands: readonly CommandWords[]): string {
  const summaries = new Map(commands.map(({ name, summary }) => [name, summary]));
  const first = firstWords(commands).map((word) => describe(word, summaries.get(word) ?? `Commands: ${word} …`));
  return `#compdef lastcall
# Completion of lastcall for zsh. Load it with: source <(lastcall completion zsh)
_lastcall_units() {
  local -a names
  names=("${UNIT_SOCKETS}"/*.sock(N=:t:r))
  compadd -a names
}

_lastcall() {
  local command=$words[2]
  local -a described
  if (( CURRENT == 2 )); then
    described=(${first.join(' ')})
    _describe command described
    return
  fi
  case $command in
${[...groups(commands)].map(([group, seconds]) => groupCase(group, seconds, summaries)).join('\n')}
  esac
  shift words
  (( CURRENT-- ))
  case $command in
${commands.map(commandCase).join('\n')}
  esac
}

if [ "$funcstack[1]" = "_lastcall" ]; then
  _lastcall "$@"
else
  compdef _lastcall lastcall
fi`;
}

function groupCase(group: string, seconds: readonly string[], summaries: ReadonlyMap<string, string>): string {
  const described = seconds.map((second) => describe(second, summaries.get(`${group} ${second}`) ?? ''));
  return `    ${group})
      if (( CURRENT == 3 )); then
        described=(${described.join(' ')})
        _describe command described
        return
      fi
      command="${group} $words[3]"
      shift words
      (( CURRENT-- ))
      ;;`;
}

function commandCase({ name, options, arguments: places }: CommandWords): string {
  const specs = [
    ...options.map(({ flag, describe: text, value }) => {
      const action = value === null ? '' : `: :${actionOf(value)}`;
      return quote(`${flag}[${escapeSpec(text)}]${action}`);
    }),
    ...places.map((place, index) => quote(`${index === places.length - 1 ? '*' : index + 1}: :${actionOf(place)}`)),
  ];
  return `    '${name}') _arguments ${specs.join(' ')} ;;`;
}

function actionOf(candidates: Candidates): string {
  if (candidates === 'units') return '_lastcall_units';
  if (candidates === 'files') return '_files';
  return candidates === 'unknown' ? ' ' : `(${candidates.join(' ')})`;
}

function describe(word: string, summary: string): string {
  return quote(`${word}:${summary.replaceAll(':', '\\:')}`);
}

function escapeSpec(text: string): string {
  return text.replaceAll(/[[\]:]/g, (character) => `\\${character}`);
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
