// Completion for bash (3.2 and later, without the bash-completion package).
import { type Candidates, type CommandWords, firstWords, groups } from './words.ts';
import { UNIT_SOCKETS } from './unit-sockets.ts';

export function renderBash(commands: readonly CommandWords[]): string {
  return `# Completion of lastcall for bash. Load it with: source <(lastcall completion bash)
_lastcall_units() {
  local socket
  for socket in "${UNIT_SOCKETS}"/*.sock; do
    [ -S "$socket" ] || continue
    socket=\${socket##*/}
    printf '%s ' "\${socket%.sock}"
  done
}

_lastcall() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]}
  local command=\${COMP_WORDS[1]} start=2 options='' words='' place=0 index
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W '${firstWords(commands).join(' ')} --help --version' -- "$current"))
    return
  fi
  case "$command" in
${[...groups(commands)].map(([group, seconds]) => groupCase(group, seconds)).join('\n')}
  esac
  for ((index = start; index < COMP_CWORD; index++)); do
    case "\${COMP_WORDS[index]}" in
      -*) ;;
      *) place=$((place + 1)) ;;
    esac
  done
  case "$command" in
${commands.map(commandCase).join('\n')}
    *) return ;;
  esac
  case "$current" in
    -*) words=$options ;;
  esac
  # Without words readline completes file names (complete -o default).
  [ -n "$words" ] && COMPREPLY=($(compgen -W "$words" -- "$current"))
}

complete -o default -F _lastcall lastcall`;
}

function groupCase(group: string, seconds: readonly string[]): string {
  return `    ${group})
      if [ "$COMP_CWORD" -eq 2 ]; then
        COMPREPLY=($(compgen -W '${seconds.join(' ')}' -- "$current"))
        return
      fi
      command="${group} \${COMP_WORDS[2]}" start=3
      ;;`;
}

/** Values of options count as places too, so the last place repeats rather than ends. */
function commandCase({ name, options, arguments: places }: CommandWords): string {
  const values = options.filter(({ value }) => value !== null);
  return `    '${name}')
      options='${options.map(({ flag }) => flag).join(' ')}'
      case "$previous" in
${values.map(({ flag, value }) => `        ${flag}) words=${wordsOf(value!)}; options=''; place=-1 ;;`).join('\n')}
      esac
      case "$place" in
        -1) ;;
${places.map((place, index) => `        ${index === places.length - 1 ? '*' : index}) words=${wordsOf(place)} ;;`).join('\n')}
      esac
      ;;`;
}

function wordsOf(candidates: Candidates): string {
  if (candidates === 'units') return '$(_lastcall_units)';
  return candidates === 'files' || candidates === 'unknown' ? "''" : `'${candidates.join(' ')}'`;
}
